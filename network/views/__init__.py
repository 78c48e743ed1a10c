"""HTTP of the network: the public pages, one's own account, the staff's designations, the administration."""
