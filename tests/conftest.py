import signal

# A shell starts background jobs with SIGINT ignored, and processes inherit that: tests of Ctrl-C must not.
signal.signal(signal.SIGINT, signal.default_int_handler)
