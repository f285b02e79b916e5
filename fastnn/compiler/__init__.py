"""From graph to tape: passes, lowering, memory plan, schedule, and programs that run."""
