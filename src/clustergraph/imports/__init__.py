"""What users have imported: read once, kept beside the releases, taken into every build."""
