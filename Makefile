# Forwards to run.py, which needs no make.
.PHONY: all setup web worker sandbox inbox test bench check texts
all:
	python3 run.py
setup web worker sandbox inbox test bench check texts:
	python3 run.py $@ $(ARGS)
