#!/usr/bin/env python3
"""How far the estimate of tokens is from what services reported, over recorded exchanges with real model providers.

usage: token_estimates.py WEIR SOURCE_ROOT

Error: |estimate - reported| / reported, of each call that has both and reported any. By dialect, for tokens in and
out: calls, median, 90th percentile, and what the sum of all estimates is of the sum reported. The guards are a
little above what was measured (docs/ai.md has the table): an estimator that worsens fails here.
"""
import collections
import json
import subprocess
import sys

import shared

CAPTURES = ("llm-http1", "llm-h2c")
SIDES = {"in": ("estimated_input_tokens", "gen_ai_usage_input_tokens"),
         "out": ("estimated_output_tokens", "gen_ai_usage_output_tokens")}
FEW = 20  # fewer calls of a dialect say nothing
# side, dialect: median and 90th percentile that must not be passed
GUARDS = {
    ("in", "all"): (0.20, 0.90), ("in", "anthropic.messages"): (0.24, 0.62), ("in", "openai.chat"): (0.19, 0.70),
    ("in", "openai.completions"): (0.22, 0.28), ("in", "openai.responses"): (0.19, 0.80), ("in", "gemini.generate"): (0.27, 1.35),
    ("in", "bedrock.invoke"): (0.22, 1.05), ("in", "bedrock.converse"): (0.58, 1.05),
    ("out", "all"): (0.13, 0.78), ("out", "anthropic.messages"): (0.18, 0.43), ("out", "openai.chat"): (0.13, 0.86),
    ("out", "openai.completions"): (0.07, 0.21), ("out", "openai.responses"): (0.36, 0.97), ("out", "gemini.generate"): (0.06, 0.46),
    ("out", "bedrock.invoke"): (0.07, 0.33), ("out", "bedrock.converse"): (0.22, 0.78), ("out", "ollama.chat"): (0.04, 0.08),
}


def calls(binary, root, folder):
    for name in CAPTURES:
        run = subprocess.run([binary, "replay", "--quiet", "--rules", root / "rules", "--records", "llm",
                              "--set", "records.estimate_tokens=all", folder / f"corpora/llm/{name}.pcap"], capture_output=True)
        if run.returncode:
            sys.exit(f"replay ended with {run.returncode}: {run.stderr[-300:]!r}")
        yield from map(json.loads, run.stdout.splitlines())


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main():
    binary, root, folder = shared.arguments()
    pairs, estimable = collections.defaultdict(list), collections.Counter()
    for call in calls(binary, root, folder):
        # Claude's input tokens leave out what its cache had.
        if "claude" in call.get("gen_ai_request_model", "") and SIDES["in"][1] in call:
            call[SIDES["in"][1]] += call.get("gen_ai_usage_cached_tokens", 0)
        for side, (estimate, reported) in SIDES.items():
            if call.get(reported):
                estimable[side, estimate in call] += 1
            if call.get(reported) and estimate in call:
                for dialect in (call["gen_ai_dialect"], "all"):
                    pairs[side, dialect].append((call[estimate], call[reported]))
    lines, good = [], True
    for (side, dialect), of in sorted(pairs.items()):
        if len(of) < FEW:
            continue
        errors = [abs(e - r) / r for e, r in of]
        median, p90 = percentile(errors, 0.5), percentile(errors, 0.9)
        least = GUARDS.get((side, dialect))
        bad = least is not None and (median > least[0] or p90 > least[1])
        good &= not bad
        lines.append(f"tokens {side}, {dialect}: {len(of)} calls, median {median:.2f}, p90 {p90:.2f}, "
                     f"sum {sum(e for e, _ in of) / sum(r for _, r in of):.2f}"
                     + (f": worse than {least[0]:g}, {least[1]:g}" if bad else ""))
    for side in SIDES:
        lines.append(f"tokens {side}: estimated of {estimable[side, True]} of {estimable[side, True] + estimable[side, False]} that were reported")
    missing = [f"{key}: too few calls" for key in GUARDS if len(pairs[key]) < FEW]
    shared.note(binary, "token_estimates", lines + missing)
    print("\n".join(lines + missing))
    sys.exit(0 if good and not missing else 1)


main()
