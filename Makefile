# Forwards to run.py, which needs no make.
.PHONY: all setup web worker sandbox inbox test bench check
all:
	python3 run.py
setup web worker sandbox inbox test bench check:
	python3 run.py $@ $(ARGS)
