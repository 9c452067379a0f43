"""The face over HTTP: the SPARQL endpoint, the pages for people, and the state of the service.

`app.create_app` puts them together; nothing below this room knows HTTP.
"""
