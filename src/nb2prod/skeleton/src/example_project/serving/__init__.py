"""The parts of the service: what may be sent, the thread that predicts, the gate before it, what it counts."""
