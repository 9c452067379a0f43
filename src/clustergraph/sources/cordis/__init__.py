"""CORDIS, the European Commission's register of research projects: its published tables become projects."""
