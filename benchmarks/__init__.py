"""Speed, memory and latency, measured beside the raw ceiling on the same server in the same run."""
