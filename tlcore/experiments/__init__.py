"""From choices to runs, from runs to results: plan, store, queue, worker."""
