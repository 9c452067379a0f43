"""The build: collect, close (OWL 2 RL), validate (SHACL gate), describe and publish a release."""
