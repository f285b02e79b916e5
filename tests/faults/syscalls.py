def run(every, say): return 0
