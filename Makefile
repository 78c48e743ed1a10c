# Names for the tasks of the script `portal`, which does all the work.
.PHONY: run test test-full pictures chaos soak lint audit sbom doctor lock

run test test-full pictures chaos soak lint audit sbom doctor lock:
	@python3 portal $@
