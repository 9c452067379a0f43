"""Pages for people: values in, HTML out, without a request, a script or a third party in sight."""
