"""What people do to a case: each act checked, sealed, recorded and audited in one transaction."""
