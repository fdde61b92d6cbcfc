#!/usr/bin/env python3
"""weir rules: each command on the shipped rules, and on small sets that have something wrong."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

WORD = 'rule t.word {{\n  title "A word"\n  data_type t.word\n  in any\n  {0}\n' \
       '  sample + "alabaster"\n  sample - "bergamot"\n}}\n'


def rules(weir, *args, dir=None):
    run = weir.run("rules", *args, "--rules", dir or weir.root / "rules")
    run.text = run.out.decode()
    return run


def folder(**files):
    path = e2e.work_folder()
    for name, text in files.items():
        (path / f"{name}.rules").write_text(text)
    return path


def test_list(weir):
    run = rules(weir, "list")
    assert run.status == 0 and re.search(r"^pci\.pan +high +on +pci\.pan ", run.text, re.M), run.err
    listed = [json.loads(line) for line in rules(weir, "list", "--json").out.splitlines()]
    assert len(listed) == len(run.text.splitlines()) > 50
    pan = next(r for r in listed if r["id"] == "pci.pan")
    assert pan["enabled"] and pan["severity"] == "high" and "http.path" in pan["in"], pan
    validators = rules(weir, "list", "--validators").text
    assert re.search(r"^card +.*Luhn", validators, re.M), validators


def test_list_is_json(weir):
    """Whatever bytes a title or a tag has."""
    set_ = e2e.work_folder()
    (set_ / "a.rules").write_bytes(WORD.format('match "alabaster"\n  tags "x').replace('"x', "t\\x").replace(
        "A word", "A \\x01\\x7f\\xff\\t\\\" w").encode() + b"")
    (set_ / "b.rules").write_bytes(b'rule t.b {\n  title "\xe9\xc3\xa9\xe2\x82"\n  data_type t.b\n  in any\n'
                                   b'  tags \xff\n  match "bb"\n}\n')
    run = rules(weir, "list", "--json", dir=set_)
    listed = [json.loads(line) for line in run.out.decode("utf-8").splitlines()]
    assert [r["title"] for r in listed] == ['A \x01\x7f\ufffd\t" w', "\ufffd\u00e9\ufffd"], listed
    assert listed[1]["tags"] == ["\ufffd"], listed
    validators = [json.loads(line) for line in rules(weir, "list", "--json", "--validators").out.splitlines()]
    assert {"name": "luhn", "what": "Luhn's check digit"} in validators and len(validators) > 50


def test_list_tells_of_a_local_file(weir):
    local = e2e.work_folder() / "local"
    local.write_text('override pci.pan { enable no }\noverride pii.email { severity info }\n'
                     'suppress pii.* {\n  owner "team"\n  until 2031-02-28\n}\n')
    text = rules(weir, "list", "--local", local).text
    assert re.search(r"^pci\.pan +high +off", text, re.M) and re.search(r"^pii\.email +info +on", text, re.M)
    assert "suppressed until 2031-02-28: pii.*, by team" in text, text[-300:]


def test_test(weir):
    run = rules(weir, "test")
    assert run.status == 0 and re.search(r"all of \d{2,} samples are found, none of \d{2,}", run.text), run.err
    wrong = WORD.format('match "bergamot"')
    run = rules(weir, "test", dir=folder(a=wrong))
    said = run.err.decode()
    assert run.status == 1 and "a.rules:6:12: expected the rule to find this sample" in said, said
    assert "a.rules:7:12: expected the rule not to find this sample" in said, said
    # Also rules that are off are tested; a run does not load them.
    off = folder(a=wrong.replace("in any", "in any\n  enable no"))
    assert rules(weir, "test", dir=off).status == 1
    assert rules(weir, "list", dir=off).status == 0


def test_all_errors_in_one_run(weir):
    """Of syntax, of regexes, also in a rule with other errors, and of the samples of the sound rules."""
    good = WORD.format('match "alabaster"').replace('- "bergamot"', '- "alabaster"')
    bad = 'rule t.bad {\n  titel "x"\n  data_type t.bad\n  in any\n  match /a(b/\n}\n'
    regex = 'rule t.regex {\n  title "R"\n  data_type t.r\n  in any\n  match /c(d/\n  match /e[f/\n}\n'
    run = rules(weir, "test", dir=folder(a=good + bad + regex + "override t.bad { enable no }\n"))
    said = run.err.decode()
    assert run.status == 1
    for place, what in (("10:3", "did you mean 'title'"), ("13:11", "Hyperscan"),
                        ("19:11", "Hyperscan"), ("20:11", "Hyperscan"), ("7:12", "not to find")):
        assert re.search(rf"a\.rules:{place}: .*{what}", said), (place, what, said)
    assert len(re.findall(r"^\S+a\.rules:", said, re.M)) == 5, said


def test_lint(weir):
    set_ = folder(a=WORD.format("match /[a-z]{5}[erst]{4}/") +
                  'rule t.wide {\n  title "W"\n  data_type secret.w\n  in any\n  match /ab[^;]*cd/\n}\n'
                  'suppress t.word {\n  owner "me"\n  until 2020-01-01\n}\noverride t.none { enable no }\n')
    run = rules(weir, "lint", dir=set_)
    assert run.status == 0, run.err + run.out
    for place, what in (("5:9", "led by a class"), ("13:12", "a long repeat"), ("9:6", "no `sample \\+`"),
                        ("9:6", "no `sample -`"), ("9:6", "not masked"), ("15:10", "has ended"),
                        ("19:10", "no rule has this id")):
        assert re.search(rf"a\.rules:{place}: warning: .*{what}", run.text), (place, what, run.text)
    assert rules(weir, "lint", "--strict", dir=set_).status == 1
    sound = WORD.format('match "alabaster"')
    assert rules(weir, "lint", "--strict", dir=folder(a=sound)).status == 0
    local = e2e.work_folder() / "local"
    local.write_text("override t.none { enable no }\n")
    run = rules(weir, "lint", "--strict", "--local", local, dir=folder(a=sound))
    assert run.status == 1 and "1 rules, 1 warnings" in run.text, run.text
    words = rules(weir, "lint", dir=folder(a=WORD.format('match "alabaster"\n  context { "a b" c.d e_f }')))
    assert sorted(re.findall(r"warning: `(.*)` is never met", words.text)) == ["a b", "c.d"], words.text
    wide = "suppress {} {{\n  owner \"me\"\n  until 2099-01-01\n  {}\n}}\n"
    local.write_text(wide.format("*", "") + wide.format("t.word", "src 10.0.0.0/8 10.1.2.3/16") +
                     wide.format("t.*", "src 10.1.2.3 10.128.0.0/9\n  dst 2001:db8::/29"))
    said = rules(weir, "lint", "--local", local, dir=folder(a=sound)).text
    assert re.findall(r"local:(\d+:\d+): warning: (no src|an address)", said) == [
        ("1:10", "no src"), ("6:10", "an address")], said
    weak = ('rule t.weak {\n  title "W"\n  data_type t.w\n  in any\n  severity high\n  weak\n  find digits 9..9\n'
            '  validate luhn\n  context needs +30 { number }\n  sample + "number 536228729"\n  sample - "536228729"\n}\n')
    run = rules(weir, "lint", dir=folder(a=weak))
    assert re.search(r"a\.rules:1:6: warning: severity high takes a score of 60, .* more than 50", run.text), run.text
    assert rules(weir, "lint", "--strict", dir=folder(a=weak.replace("+30", "+40"))).status == 0
    broken = rules(weir, "lint", dir=folder(a="rule x {\n  colour red\n"))
    assert broken.status == 1 and "a.rules:2:3: expected a statement" in broken.text, broken.text
    assert "  colour red\n    ^" in broken.text


def test_lint_of_the_shipped_rules_has_no_errors(weir):
    assert rules(weir, "lint").status == 0


def test_try(weir):
    run = rules(weir, "try", "my card 4111 1111 1111 1111")
    assert run.status == 0 and "pci.pan at 8..27: 411111******1111\n    shape " in run.text, run.text
    terms = [int(n) for n in re.findall(r"^    (?!score)\w+ +\+(\d+)$", run.text.split("score")[0], re.M)]
    assert f"score                {sum(terms)}: high; a published test value" in run.text, run.text
    assert "4111 1111 1111" not in run.text and "4111111111111111" not in run.text
    run = rules(weir, "try", "pci.pan", "card 4111 1111 1111 1112")
    assert "no finding: card says no" in run.text, run.text
    run = rules(weir, "try", "pci.pan", "order 4012888888881881")
    assert "no finding: a veto word" in run.text, run.text
    text = e2e.work_folder() / "text"
    text.write_text("x" * 100000 + " card 4111111111111111")
    assert "pci.pan at 100006..100022" in rules(weir, "try", text).text
    by_input = subprocess.run([weir.binary, "rules", "try", "--rules", weir.root / "rules", "-"],
                              input=b"card 4111111111111111", capture_output=True, env=e2e.environment())
    assert b"pci.pan at 5..21" in by_input.stdout, by_input.stderr
    assert "pci.pan" not in rules(weir, "try", "--in", "payload", "-", dir=folder(a=WORD.format('match "x"')
                                  .replace('sample + "alabaster"', ''))).text
    assert rules(weir, "try", "no.such", "x").status == 2
    assert rules(weir, "try", "--in", "no.such", "x").status == 2


def test_try_what_it_is_given(weir):
    """A pipe is read; what is no file, but looks like the name of one, is told."""
    set_ = folder(a=WORD.format('match "alabaster"').replace("in any", "in http.host"))
    pipe = e2e.work_folder() / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen(["sh", "-c", f"echo one alabaster > {pipe}"])
    assert "t.word at 4..13" in rules(weir, "try", pipe, dir=set_).text
    writer.wait()
    for what, told in (("./none.txt", "no such file"), ("t.word", "a rule's id"), ("alabaster", "")):
        run = rules(weir, "try", what, dir=set_)
        assert run.status == 0 and told in run.err.decode() and (told != "") == (run.err != b""), (what, run.err)
    assert rules(weir, "try", e2e.work_folder(), dir=set_).status == 1
    run = rules(weir, "try", "--in", "payload", "t.word", "alabaster", dir=set_)
    assert run.status == 2 and b"t.word does not look there" in run.err, run.err


# As a body each: values that several rules find, columns, values that come again, office blanks, what is none.
TEXTS = [
    "name,card_number,nino\nAnn,5425233430109903,\nBob,4539578763621486,AB123456C\nCy,,CE765432A\n",
    "card 5425233430109903, 5425-2334-3010-9903 and 5425 2334 3010 9903",
    "phone and card 5425 2334 3010 9903; phone +49 170 1234567",
    "card ;5425233430109903=28121010000012300000?",
    "IBAN: DE75 5121 0800 1245 1261 99, iban DE75512108001245126199",
    "url=postgres://app:s3cr3t-Pw@db.corp.internal.io:5432/x for ann@corp.internal.io",
    'clarifai_api_key = "dkHL49dId5skLfBjsf342RJkdskdpD54"',
    "Karte\u00a05425\u00a02334\u00a03010\u00a09903, SSN 536\u201322\u20138726",
    "order 5425233430109903, 12345678 and nothing",
    "ssn 536-22-8726 dni 54362315K born 1984-03-12, tax id 12345678903",
    "password = hunter2Zx9kQ, token: abc",
]
TRIED = re.compile(r"^(\S+) at \d+\.\.\d+: .*\n((?: {4}.*\n)*)", re.M)


def test_try_is_what_replay_finds(weir):
    cap = w.Capture()
    for nr, text in enumerate(TEXTS):
        tcp = w.Tcp(cap, f"10.0.1.{nr + 1}", 40000, "10.0.0.2", 80)
        tcp.open()
        tcp.send(w.ORIG, w.http_request("POST", "/", "shop.example", headers=[("Content-Type", "text/plain")],
                                        body=text.encode()))
        tcp.send(w.RESP, w.http_response("200 OK"))
        tcp.close()
    path = e2e.work_folder() / "texts.pcap"
    cap.save(path)
    replayed = weir.good_replay("--records", "finding", path).records
    for nr, text in enumerate(TEXTS):
        want = {(r["rule_id"], r["distinct_values"]) for r in replayed if r["src_ip"] == f"10.0.1.{nr + 1}"}
        file = e2e.work_folder() / "text"
        file.write_text(text)
        tried = [m[1] for m in TRIED.finditer(rules(weir, "try", "--in", "http.body", file).text)
                 if "no finding" not in m[2]]
        assert {(r, tried.count(r)) for r in tried} == want, (text, tried, want)


def test_explain(weir):
    run = rules(weir, "explain", "pii.email")
    assert run.status == 0 and "by each `@`" in run.text and "Hyperscan's databases" not in run.text, run.text
    assert "judged by email" in run.text and "pii.rules:" in run.text
    run = rules(weir, "explain", "secret.jwt")
    assert "Hyperscan's databases" in run.text and "cycles a byte" in run.text, run.text
    run = rules(weir, "explain", "pci.pan")
    assert "finds 12 to 19 digits" in run.text and "by the digit finder" in run.text, run.text
    assert rules(weir, "explain", "no.such").status == 1
    set_ = folder(a=WORD.format('match "alabaster"\n  match "a\\x00\\"\\n" nocase\n  find digits 9..9\n  generic\n'
                                '  show prefix 3') +
                  'suppress t.* {\n  owner "me"\n  until 2020-01-01\n}\n'
                  'suppress t.word {\n  owner "us"\n  until 2099-01-01\n  host x.example\n}\n')
    text = rules(weir, "explain", "t.word", dir=set_).text
    for line in ('matches the text "a\\x00\\"\\x0a" in any case', "finds 9 digits, in one run", "is masked wherever records quote it; shown are its first 3 bytes",
                 "gives way to a rule", "is suppressed everywhere until 2020-01-01, which has passed, by me\n    ",
                 "is suppressed in places until 2099-01-01, by us\n    "):
        assert "\n  " + line in text, (line, text)


def test_profile(weir):
    run = rules(weir, "profile", weir.demo)
    assert run.status == 0, run.err + run.out
    assert re.search(r"bytes scanned: [\d.]+ cycles a byte in Hyperscan", run.text), run.text
    rows = re.findall(r"^([a-z][\w.:-]+) +(\d+) +(\d+) +([\d.]+) +(finder|[\d.]+)$", run.text, re.M)
    assert len(rows) >= 100 and any(int(found) > 0 for _, _, found, _, _ in rows), run.text[:400]
    total = sum(int(candidates) for _, candidates, _, _, _ in rows)
    assert f"{total} candidates" in run.text
    names = [name for name, *_ in rows]
    assert "pci.pan" in names and len(set(names)) == len(names) and any(n.startswith("pii.phone:") for n in names)
    assert rules(weir, "profile", "/nonexistent.pcap").status == 1


GITLEAKS = r'''
title = "some rules"
[extend]
useDefault = true
[[rules]]
id = "acme-token"
description = "An \"Acme\" token"
regex = \'\'\'(?i)\b(acme_[a-z0-9]{20})(?:['"\n\r\s/]|$)\'\'\'
entropy = 3.5
keywords = [
    "acme", # why
    "x]y",
]
[[rules.allowlists]]
paths = [\'\'\'test\'\'\']
[[rules]]
id = "plain"
description = "Plain"
regex = "key=\\d{4}"
[[rules]]
id = "Plain"
regex = "again=\\d{4}"
[[rules]]
id = "files"
path = \'\'\'\.pem$\'\'\'
[[rules]]
id = "look"
regex = \'\'\'a(?=b)\'\'\'
'''.replace(r"\'\'\'", "'''")


def imported(weir, kind, text):
    """(the rules that came out, in a folder; what was said)"""
    source = e2e.work_folder() / "source"
    source.write_text(text)
    run = rules(weir, "import", "--" + kind, source)
    assert run.status == 0, run.err + run.out
    out = folder(imported=run.text)
    assert rules(weir, "test", dir=out).status == 0, run.text
    return out, run.err.decode()


def test_import_gitleaks(weir):
    out, said = imported(weir, "gitleaks", GITLEAKS)
    ids = [json.loads(line)["id"] for line in rules(weir, "list", "--json", dir=out).out.splitlines()]
    assert ids == ["gitleaks.acme-token", "gitleaks.plain"], ids
    assert "gitleaks.acme-token: translated without entropy, allowlist" in said, said
    assert "gitleaks.plain: not translated: another rule has this id" in said, said
    assert "gitleaks.files: not translated: it names files" in said, said
    assert "gitleaks.look: not translated: import:" in said, said
    assert "5 rules, 2 translated, 1 of them in part, 3 not" in said, said
    assert "gitleaks.acme-token at" in rules(weir, "try", "x ACME_0123456789abcdefghij\n", dir=out).text
    assert "gitleaks.plain at" in rules(weir, "try", "key=1234", dir=out).text


# (file, what the rule's regex is or why there is none, what is told)
TOML = [
    ('[[rules]]\nid="a"\nregex="ab\\u0041\\u00e9c\\\\d"\n', "abAéc\\d", ""),
    ('[[rules]]\nid="a"\nregex="""abc\\\n   def"""\n', "abcdef", ""),
    ("[[rules]]\r\nid='a'\r\nregex='''\r\nabc'''\r\n", "abc", ""),
    ("[[rules]]\nid='a'\nregex='''a'b''''\n", "a'b'", ""),
    ("[[ rules ]] # x\n\"id\"='a'\n'regex'='abc'\n", "abc", ""),
    ("\ufeff[[rules]]\nid='a'\nregex='abc'\n", "abc", ""),
    ("[[rules]]\nid='a'\nregex='abcd'\nentropy=3\npath='x'\n", "abcd", "without entropy, path"),
    ("[[rules]]\nid='a'\nregex='abcd'\n[[rules.Entropies]]\nMin='3'\n", "abcd", "without entropy"),
    ("[[rules]]\nid='a'\nregex='abcd'\nallowlist={regexes=['abc']}\n", "abcd", "without allowlist"),
    ("[[rules]]\nid='a'\nregex='abcd'\nallowlists=[{regexes=['abc']}]\n", "abcd", "without allowlist"),
    ("[[rules]]\nid='a'\nregex='abcd'\n[[ rules.allowlists ]]\nregexes=['abc']\n", "abcd", "without allowlist"),
    ("[allowlist]\nregexes=['abc']\n[[rules]]\nid='a'\nregex='abcd'\n", "abcd", "source:1: not translated: the allowlist"),
    ("[extend]\nuseDefault=true\n[[rules]]\nid='a'\nregex='abcd'\n", "abcd", "source:1: not translated: extend"),
    ("[[rules]]\nid='a'\nregex='abcd'\n[[rules.required]]\nid='b'\n", None, "it needs others near"),
    ("[[rules]]\nid='a'\nregex='abcd'\nskipReport=true\n", None, "skipReport"),
    ("[[rules]]\nid='a'\nregex='abcd'\nskipReport=false\n", "abcd", ""),
    ("[[rules]]\nid='a'\nfile='x'\n", None, "names files"),
    ("rules=[{id='a',regex='abcd'}]\n", None, "inline tables"),
    ("[[rules]]\nid='a'\nregex='[a-f0-9]{40}'\nkeywords=['acmecorp.example', 'sgp_']\n", "[a-f0-9]{40}", "keywords that are no words"),
    ("[[rules]]\nid='a'\nregex='acme_[a-f0-9]{40}'\nkeywords=['Acme']\n", "acme_[a-f0-9]{40}", ""),
    ("[[rules]]\nid='a'\nregex='(sgp_)?[a-f0-9]{40}'\nkeywords=['sgp_']\n", "(sgp_)?[a-f0-9]{40}", "without keywords"),
    ("[[rules]]\nid='a'\nregex='[a-f0-9]{40}'\nkeywords=['$']\n", "[a-f0-9]{40}", "without keywords"),
]


def test_import_gitleaks_toml(weir):
    """Strings, tables and what is not translated, in each of the ways in which TOML has them."""
    for text, regex, told in TOML:
        source = e2e.work_folder() / "source"
        source.write_bytes(text.encode())
        run = rules(weir, "import", "--gitleaks", source)
        said = run.err.decode().splitlines()[:-1]
        assert len(said) == (told != "") and told in "".join(said), (text, said)
        got = re.search(r"^  match +/(.*)/$", run.text, re.M)
        assert (got and got[1]) == regex, (text, run.text)
        assert regex is None or "  show       none\n" in run.text, run.text
        assert ("context    needs within 64 words { acmecorp sgp }" in run.text) == ("no words" in told), run.text


def test_import_gitleaks_keywords(weir):
    """A condition, where the value does not fulfil it itself; a title ends behind a character."""
    out, _ = imported(weir, "gitleaks", "[[rules]]\nid='a'\ndescription='" + "é" * 90 +
                      "'\nregex='\\b[a-f0-9]{40}\\b'\nkeywords=['acme']\n")
    value = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
    found = lambda text: rules(weir, "try", text, dir=out).text
    assert "gitleaks.a at 7..47: [" in found(f"acme = {value}")
    assert "gitleaks.a at 7..47\n    no finding: no word of its context" in found(f"abcd = {value}")
    listed = json.loads(rules(weir, "list", "--json", dir=out).out)
    assert listed["title"] == "é" * 63, listed


SURICATA = r'''# comment
alert tcp any any -> any any (msg:"Chain; \"a\""; content:"AB|0d 0a|"; content:"cd"; distance:1; within:6; sid:1; rev:3;)
alert http any any -> any any (msg:"Host"; http.host; content:"api.shop.example"; sid:2;)
alert http $HOME_NET any -> any any (msg:"Token"; content:"tok_"; pcre:"/tok_[a-z\/]{4}/i"; sid:3;)
alert tcp any any -> any any (msg:"Not"; content:!"x"; sid:4;)
alert tcp any any -> any any (msg:"State"; content:"xyz"; flowbits:set,a; sid:5;)
alert http any any -> any any (msg:"Two"; http.host; content:"a.example"; http.uri; content:"/x"; sid:6;)
'''


def test_import_suricata(weir):
    out, said = imported(weir, "suricata", SURICATA)
    listed = {r["id"]: r for r in map(json.loads, rules(weir, "list", "--json", dir=out).out.splitlines())}
    assert list(listed) == ["suricata.1", "suricata.2", "suricata.3"], list(listed)
    assert listed["suricata.2"]["in"] == ["http.host"] and listed["suricata.1"]["rev"] == 3
    assert "suricata.3: translated without addresses and ports" in said, said
    for sid, reason in ((4, "content that must not be there"), (5, "flowbits"), (6, "several buffers")):
        assert f"suricata.{sid}: not translated: {reason}" in said, said
    found = lambda text: "suricata.1 at" in rules(weir, "try", text, dir=out).text
    assert found("AB\r\n12cd") and found("AB\r\n12345cd")
    assert not found("AB\r\ncd") and not found("AB\r\n123456cd")
    assert "suricata.3 at" in rules(weir, "try", "x TOK_ab/c", dir=out).text


# (options, what the rule is or why there is none, what is told of it)
BUFFERS = [
    ('content:"<Box v="; content:" Title=0x"; distance:4; within:32;', "http: <Box v=.{4,27} Title=0x s", ""),
    ('content:"AllWork"; content:"DullBoy"; distance:1; within:7;', "http: AllWork.{1,1}DullBoy s", ""),
    ('content:"ab"; content:"cdefg"; distance:1; within:4;', None, "within less than the content is long"),
    ('content:"ab"; nocase; content:"cd"; distance:0;', "http: (?i:ab).{0,}cd s", ""),
    ('file.data; content:"MZ"; within:2;', "http.body: ^MZ", ""),
    ('file_data; content:"JFIF|00|"; distance:6; within:5; content:"<?php"; distance:0;',
     r"http.body: ^.{6,6}JFIF\x00.{0,}<?php s", ""),
    ('content:"abcd"; distance:10;', None, "a place in the packet"),
    ('http.header; content:"abcd"; distance:10;', None, "a place among all header fields"),
    ('http.uri; content:"/gate.php";', "http.path http.query: /gate.php", ""),
    ('http.uri; content:"/index.php?id=";', None, "over the ?"),
    ('http.uri; content:"?id="; content:"&x="; distance:0;', r"http.query: (?:^|\?)id=.{0,}&x= s", ""),
    ('http.uri; content:"/gate.php?";', None, "over the ?"),
    ('http.uri; content:"a+b";', "http.path http.query: a[+ ]b", ""),
    ('http.uri; content:"/a"; content:"/b"; distance:0;', "http.path http.query: /a.{0,}/b s", "goes over the ?"),
    ('http.uri; pcre:"/\\.php$/";', None, "bound to the end"),
    (r'http.uri; pcre:"/\?id=\d+$/";', r"http.query: (?:^|\?)id=\d+$", ""),
    (r'http.uri; pcre:"/^\/a[a-z]/";', r"http.path: ^/a[a-z]", ""),
    (r'http.uri; pcre:"/\/a[^b]c/";', r"http.path http.query: /a[^b]c", "goes over the ?"),
    ('http.uri.raw; content:"%2e%2e";', None, "percent-coding"),
    ('http.header; content:"X-Evil|3a 20|Yes|0d 0a|";', "http.header: (?i:X-Evil): Yes$", ""),
    ('http.header; content:"|0d 0a|X-Evil|3a 20|";', "http.header: ^(?i:X-Evil): ", ""),
    ('http.header; content:"a|0d 0a|b";', None, "from one header field to the next"),
    (r'http.header; pcre:"/^X-A\x3a[^\r\n]{9}/m";', r"http.header: ^X-A\x3a[^\r\n]{9} mi", "the case"),
    (r'http.header; pcre:"/^X-A\x3a/i";', None, "a place among all"),
    ('http.user_agent; content:"sqlmap"; nocase;', "http.header: ^user-agent: .*sqlmap is", ""),
    ('http.user_agent; content:"sql"; distance:0; within:3;', "http.header: ^user-agent: sql", ""),
    ('http.user_agent; pcre:"/^a|b$/";', None, "in some of its parts"),
    ('http.user_agent; pcre:"/^sql|b/";', None, "in some of its parts"),
    ('http.user_agent; pcre:"/^sqlmap$/i";', "http.header: ^user-agent: (?:sqlmap$) i", ""),
    ('http.cookie; content:"sess=evil";', "http.header: ^(?:set-)?cookie: .*sess=evil s", ""),
    ('flow:established,to_client; content:"abcd";', "http: abcd", "without the direction"),
    ('flow:to_server; http.uri; content:"abcd";', "http.path http.query: abcd", ""),
    ('http.response_body; content:"abcd";', "http.body: abcd", "without the direction"),
    ('content:"select"; pcre:"/select|union/";', "http: select|union", "without the content beside pcre"),
    ('content:"abc"; pcre:"/(abc)?defg/";', "http: (abc)?defg", "without the content beside pcre"),
    ('content:"/a.php"; http_uri; pcre:"/abcd/";', None, "several buffers"),
    ('content:"abcd"; http.uri;', "http: abcd", ""),
    ('content:"|4d 5|";', None, "cannot be read"),
    ('tls_sni; content:"x.example"; depth:9; isdataat:!1,relative;', r"tls.sni: ^x\.example$", ""),
    ('tls.sni; content:"x.example"; bsize:9; nocase;', r"tls.sni: ^x\.example$ i", ""),
    ('tls.sni; content:"x.example"; startswith; endswith;', r"tls.sni: ^x\.example$", ""),
    ('dns.query; dotprefix; content:".x.example"; nocase; endswith;', r"dns.name: (?:^|\.)x\.example$ i", ""),
    ('dns.query; dotprefix; content:"x.example"; endswith;', None, "dotprefix"),
    ('http.host; content:"x.example"; endswith;', r"http.host: x\.example$ i", ""),
    ('http.host; content:"x.example"; bsize:10;', None, "a size other"),
    ('http.host; content:"x."; content:"y"; distance:0; bsize:1;', None, "a size other"),
    ('http.host; bsize:9; content:"x.example";', None, "a size other"),
    ('http.host.raw; content:"x"; offset:2; depth:5;', "http.host: ^.{2,6}x s", ""),
    ('http.uri; content:"/abcd"; startswith;', "http.path: ^/abcd", ""),
    ('http.uri; content:"/abcd"; endswith;', None, "that weir has in parts"),
    ('http.request_body; content:"abcd"; endswith;', None, "that weir has in parts"),
    ('content:"abcd"; depth:4;', None, "a place in the packet"),
    ('http.user_agent; content:"abcd"; bsize:4;', "http.header: ^user-agent: abcd$", ""),
    ('http.host; content:"ab"; content:"cd"; depth:9;', None, "places of several contents"),
    ('http.host; content:"ab"; isdataat:10;', None, "isdataat"),
    ('content:"evil"; http_uri; pcre:"/evil[0-9]{3}/U";', "http.path http.query: evil[0-9]{3}", ""),
    ('pcre:"/evil[0-9]{3}/Pi";', "http.body: evil[0-9]{3} i", "without the direction"),
    ('content:"evil"; http_uri; pcre:"/evil[0-9]{3}/P";', None, "several buffers"),
    ('pcre:"/^evil$/V";', "http.header: ^user-agent: (?:evil$)", ""),
    ('pcre:"/evil[0-9]{3}/G";', None, "flags of pcre"),
    ('pcre:"/^evil[0-9]{3}$/Ws";', "http.host: ^evil[0-9]{3}$ si", ""),
    ('http.host; pcre:"/^evil[0-9]{3}$/i";', "http.host: ^evil[0-9]{3}$ i", ""),
    ('http.host; content:"ab"; endswith; content:"cd"; distance:0;', None, "an end before the last"),
    ('http.uri; content:"/abcd"; threshold:type limit,track by_src,count 1,seconds 9;', "http.path http.query: /abcd",
     "without the limit of its alerts"),
    ('http.uri; content:"/abcd"; threshold:type both,track by_src,count 9,seconds 9;', None, "threshold"),
    ('\\\n  http.uri; \\\r\n content:"/abcd";', "http.path http.query: /abcd", ""),
    ('content:"GET /a.php";', None, "a request or status line"),
    ('content:"HTTP/1.1 404";', None, "a request or status line"),
    ('content:"User-Agent|3a 20|Abc";', "http: (?i:User-Agent): Abc", ""),
    (r'pcre:"/^User-Agent: Abc/m";', "http: ^User-Agent: Abc mi", "the case"),
]


def test_import_suricata_buffers(weir):
    """What is translated means the same, as far as nothing is told of it; nothing is a secret."""
    source = e2e.work_folder() / "source"
    source.write_bytes("".join(f'alert http any any -> any any (msg:"m"; {options} sid:{i};)\n'
                               for i, (options, _, _) in enumerate(BUFFERS)).encode())
    run = rules(weir, "import", "--suricata", source)
    said, out = run.err.decode(), dict(re.findall(r"^rule suricata\.(\d+) (\{.*?^\})", run.text, re.M | re.S))
    for i, (options, want, told) in enumerate(BUFFERS):
        lines = re.findall(rf": suricata\.{i}: (.*)", said)
        assert len(lines) == (want is None or told != ""), (options, lines)
        assert told in "".join(lines) and (str(i) in out) == (want is not None), (options, lines)
        if want is None:
            continue
        where = re.search(r"^  in +(.*)$", out[str(i)], re.M)[1]
        regex, flags = re.search(r"^  match +/(.*)/(\w*)$", out[str(i)], re.M).groups()
        regex = re.sub(r"\\([^\w?.])", r"\1", regex).replace(r"\.php", ".php").replace(r"<\?", "<?")
        assert f"{where}: {regex} {flags}".rstrip(" " if flags else "") == (want if flags else want + " "), \
            (options, where, regex, flags)
    assert "show" not in run.text


def test_import_suricata_actions(weir):
    source = e2e.work_folder() / "source"
    head = "any any -> any any (content:\"abcd\"; msg:\"" + "é" * 80 + "\"; sid:{};)\n"
    source.write_text("".join(f"{words} {head.format(i)}" for i, words in enumerate(
        ["pass tcp", "config tcp", "drop tcp", "alert icmp", "alert dns", "alert ssh"])))
    run = rules(weir, "import", "--suricata", source)
    said = run.err.decode()
    assert re.findall(r"^rule (\S+)", run.text, re.M) == ["suricata.2", "suricata.5"], run.text
    for i, told in ((0, "its action"), (1, "its action"), (2, "without dropping"), (3, "a protocol"),
                    (4, "DNS messages"), (5, "without the protocol")):
        assert re.search(rf"suricata\.{i}: .*{told}", said), (i, said)
    assert "é" * 63 + '"' in run.text, run.text


def test_usage(weir):
    for args in (["rules"], ["rules", "nope"], ["rules", "list", "x"], ["rules", "import"], ["rules", "try"],
                 ["rules", "lint", "--nope"], ["rules", "test", "--strict"], ["rules", "try", "--json", "x"],
                 ["rules", "lint", "--in", "payload"], ["rules", "list", "--gitleaks", "x"]):
        assert weir.run(*args).status == 2, args
    run = weir.run("rules", "import", "--gitleaks", "/nonexistent")
    assert run.status == 1 and len(run.err_lines) == 1, run.err_lines
    assert weir.run("rules", "--help").status == 0


e2e.main()
