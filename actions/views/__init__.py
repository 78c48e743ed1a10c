"""Pages of climate actions: public, the municipality's, the institute's."""
