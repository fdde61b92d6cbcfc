#!/usr/bin/env python3
"""Validators of numbers that states, banks and registers give, against those of python-stdnum.

usage: national_ids.py WEIR SOURCE_ROOT [SEED]

Each gets random numbers of its shape, and at least 200 that the other takes. Both must say the same of every
one, but where one of them is known to look at more: `stricter`, weir does, and `looser`, the other.
"""
import collections
import importlib
import importlib.util
import pathlib
import random
import string
import subprocess
import sys

import shared

PLAIN, VALID, TRIES = 4000, 200, 60000
FEWEST = 40  # an older python-stdnum knows fewer of them
OF_THE_DISTRIBUTION = "/usr/lib/python3/dist-packages"  # also where another Python comes first
# Of a shape 9 is a digit, A a letter, * either, d and m a day's and a month's two digits, y a year's.
SHAPES = {
    "aadhaar": ("in_.aadhaar", "999999999999"),
    "aba": ("us.rtn", "999999999"),
    "abn": ("au.abn", "99999999999"),
    "ahv": ("ch.ssn", "7569999999999"),
    "amka": ("gr.amka", "dmy99999"),
    "be_nn": ("be.nn", "ymd99999"),
    "bic": ("bic", "AAAAAA**"),
    "bsn": ("nl.bsn", "999999999"),
    "cbu": ("ar.cbu", "9" * 22),
    "cnp": ("ro.cnp", "1ymd019999 2ymd129999 5ymd409999"),
    "cnpj": ("br.cnpj", "9" * 14),
    "codice_fiscale": ("it.codicefiscale", "AAAAAA99A99A999A"),
    "cpf": ("br.cpf", "9" * 11),
    "cpr": ("dk.cpr", "dm501999 dm992999"),
    "cuit": ("ar.cuit", "20999999999 27999999999 30999999999 99999999999"),
    "curp": ("mx.curp", "AAAAymdHDFAAA99 AAAAymdMJCAAAA9 AAAA999999HAAAAA99"),
    "dni": ("es.dni", "99999999A"),
    "do_cedula": ("do.cedula", "99999999999"),
    "ec_ci": ("ec.ci", "9999999999"),
    "egn": ("bg.egn", "ymd9999 9999999999"),
    "ein": ("us.ein", "999999999"),
    "fnr": ("no.fodselsnummer", "dmy99999 99999999999"),
    "gstin": ("in_.gstin", "27AAAPA9999A*Z* 09AAACA9999A*Z* 9999A9999A9999Z*"),
    "hetu": ("fi.hetu", "dmy-999* dmyA999*"),
    "iban": ("iban", "DE" + "9" * 20 + " GB99AAAA" + "9" * 14 + " NL99AAAA9999999999"),
    "il_id": ("il.idnr", "999999999"),
    "in_pan": ("in_.pan", "AAAAA9999A"),
    "ird": ("nz.ird", "99999999 999999999"),
    "isikukood of Lithuania": ("lt.asmens", "3ymd9999 4ymd9999"),
    "isikukood": ("ee.ik", "3ymd9999 99999999999"),
    "itin": ("us.itin", "999-99-9999"),
    "jmbg": ("si.emso", "dm0y509999"),
    "kennitala": ("is_.kennitala", "dmy9999 9999999999"),
    "luhn": ("luhn", "999999999999"),
    "lv_pk": ("lv.pvn", "dmy19999 dmy09999 32999999999"),
    "my_nric": ("my.nric", "ymd999999 999999999999"),
    "my_number": ("jp.in_", "999999999999"),
    "nhs": ("gb.nhs", "9999999999"),
    "nie": ("es.nie", "X9999999A Y9999999A Z9999999A"),
    "nif": ("pt.nif", "999999999"),
    "nik": ("id.nik", "317106dmy9999"),
    "nip": ("pl.nip", "9999999999"),
    "nir": ("fr.nir", "1ym9999999999 2ym9999999999"),
    "oib": ("hr.oib", "99999999999"),
    "personnummer": ("se.personnummer", "ymd9999 ymd-9999"),
    "pesel": ("pl.pesel", "ymd99999 99999999999"),
    "pk_cnic": ("pk.cnic", "9999999999999"),
    "pps": ("ie.pps", "9999999A 9999999AA 9999999AW"),
    "rodne_cislo": ("cz.rc", "ymd9999 9999999999"),
    "rrn": ("kr.rrn", "ymd1999999 ymd2999999"),
    "ru_inn": ("ru.inn", "999999999999"),
    "rut": ("cl.rut", "99999999* 9999999*"),
    "sin": ("ca.sin", "999999999"),
    "ssn": ("us.ssn", "999-99-9999"),
    "steuer_id": ("de.idnr", "99999999999"),
    "svnr": ("at.vnr", "9999dmy"),
    "tckn": ("tr.tckimlik", "99999999999"),
    "tfn": ("au.tfn", "999999999"),
    "th_pin": ("th.pin", "9999999999999"),
    "ua_rntrc": ("ua.rntrc", "3999999999 2999999999"),
    "utr": ("gb.utr", "9999999999"),
    "za_id": ("za.idnr", "ymd9999999"),
}
STRICTER = {
    "aba": "the first two digits are those of a Federal Reserve district",
    "bic": "the country exists",
    "codice_fiscale": "days end with 31 and 71",
    "isikukood of Lithuania": "those without a date are left out",
    "nif": "of those with 4 and 7 in front only what is given out",
    "nik": "days end with 71",
    "rodne_cislo": "months end with 82",
    "ru_inn": "there is no region 00",
    "sin": "those with 8 in front are companies'",
}
LEAP = "29 February in every year"
LOOSER = {
    "be_nn": "no year is too far in the future: a validator knows no clock",
    "cnp": "any county, any future day",
    "codice_fiscale": LEAP,
    "cpr": "any future day",
    "cuit": "25 and 26 in front",
    "curp": "names that make a word which none is given",
    "egn": LEAP,
    "fnr": "numbers made up for tests, months +40 and +80",
    "gstin": "any Indian state that may come",
    "hetu": "numbers made up for tests, 900 and above",
    "isikukood": LEAP,
    "itin": "groups 50 to 65, given out since 2013",
    "kennitala": LEAP,
    "lv_pk": "those of 2017 and later, without a date",
    "my_nric": "places that were added",
    "nik": "the provinces of 2022",
    "personnummer": "coordination numbers, days +60",
    "pesel": LEAP,
    "pps": "all letters that are set aside for the second one",
    "rodne_cislo": LEAP,
    "rrn": "no check digit: there is none since 2020",
    "za_id": "the place that was once for race",
}


def shaped(rnd, shape):
    made = {"9": lambda: rnd.choice(string.digits), "A": lambda: rnd.choice(string.ascii_uppercase),
            "*": lambda: rnd.choice(string.digits + string.ascii_uppercase), "y": lambda: f"{rnd.randrange(100):02}",
            "m": lambda: f"{rnd.randrange(1, 13):02}", "d": lambda: f"{rnd.randrange(1, 29):02}"}
    return "".join(made.get(c, lambda c=c: c)() for c in shape)


def taken(module, value):
    """Whether python-stdnum takes it; some of its modules stumble over what is none."""
    try:
        return bool(module.is_valid(value))
    except (KeyError, ValueError, IndexError):
        return False


def examples(rnd, module, shapes):
    """(value, whether it is one), among them enough that are, found by their last character."""
    made = [(value, taken(module, value)) for value in (shaped(rnd, rnd.choice(shapes)) for _ in range(PLAIN))]
    valid = sum(is_one for _, is_one in made)
    for _ in range(TRIES):
        if valid >= VALID:
            break
        value = shaped(rnd, rnd.choice(shapes))
        last = string.digits if value[-1].isdigit() else string.ascii_uppercase
        found = next((value[:-1] + c for c in last if taken(module, value[:-1] + c)), None)
        if found is not None:
            made.append((found, True))
            valid += 1
    return made


def of_weir(tool, name, values):
    lines = "".join(f"{name.split()[0]}\t{value}\n" for value in values)
    return [line == "1" for line in
            subprocess.run([tool], input=lines, capture_output=True, check=True, text=True).stdout.split()]


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    sys.path.append(OF_THE_DISTRIBUTION)
    if importlib.util.find_spec("stdnum") is None:
        shared.skip("no python3-stdnum")
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    tool = shared.build_folder(binary) / "tests/validate_tool"
    wrong, asked = [], 0
    for name, (where, shapes) in SHAPES.items():
        try:
            module = importlib.import_module("stdnum." + where)
        except ImportError:
            print(f"{name}: not in this python-stdnum")
            continue
        asked += 1
        made = examples(rnd, module, shapes.split())
        said = collections.defaultdict(list)
        for (value, theirs), ours in zip(made, of_weir(tool, name, [v for v, _ in made]), strict=True):
            said[theirs, ours].append(value)
        both, only_theirs, only_ours = said[True, True], said[True, False], said[False, True]
        print(f"{name}: both take {len(both)} of {len(made)}, only the other {len(only_theirs)}, only weir {len(only_ours)}")
        if not both:
            wrong.append(f"{name}: none that both take")
        if only_theirs and name not in STRICTER:
            wrong.append(f"{name}: not taken: {' '.join(only_theirs[:5])}")
        if only_ours and name not in LOOSER:
            wrong.append(f"{name}: taken, and is none: {' '.join(only_ours[:5])}")
    print(f"{asked - len({w.split(':')[0] for w in wrong})} of {asked} agree")
    if asked < FEWEST:
        wrong.append(f"{asked} validators compared, wanted {FEWEST}")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
