"""What people import: handles over the rows of the driver contract."""
