"""Descriptions of a release for machines: VoID and DCAT."""
