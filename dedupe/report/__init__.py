"""What people read of a scan: terminal, HTML, JSON."""
