"""What the hotline is measured against: the same work done the usual way. Needs the development packages."""
