"""The measures, one module each; `MEASURES` of `benchmarks.run` lists them."""
