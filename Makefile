# Names for the tasks of the script `portal`, which does all the work.
.PHONY: run test test-full chaos lint doctor lock

run test test-full chaos lint doctor lock:
	@python3 portal $@
