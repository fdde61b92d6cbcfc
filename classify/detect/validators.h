/*
 * The arithmetic behind `validate NAME`: is this candidate really such a number or token?
 *
 * A validator gets a value inside its window, may correct where it starts and ends, writes the
 * normalised form (see value.h) and answers with points for the score, 0 meaning no. The points
 * say how little is left to chance: 10 % of random digits pass a plain check digit, one in
 * billions passes a CRC.
 *
 * Pure functions: no memory, no state, safe on any bytes.
 */
#ifndef WEIR_VALIDATORS_H
#define WEIR_VALIDATORS_H

#include "classify/detect/value.h"

typedef int validate_fn(struct value *v);

struct validator {
	const char *name;
	validate_fn *check;
	const char *what; /* one line for `weir rules list --validators` */
	bool grouped;	  /* such a number is one only with separators between its groups */
	bool lettered;	  /* there is a letter in each, so none is made of digits alone */
};

/* NULL when there is none of that name. */
const struct validator *validator_find(struct span name);
/* The i-th in the order of their names, NULL behind the last. */
const struct validator *validator_at(size_t i);

/* Payment cards: card.c. */
validate_fn validate_card, validate_card_unlisted, validate_luhn, validate_track;
/* Accounts: bank.c. */
validate_fn validate_iban, validate_aba;
/* People: person.c, national.c. */
validate_fn validate_email, validate_phone, validate_ssn, validate_ssn_bare, validate_itin,
    validate_itin_bare;
validate_fn validate_npi, validate_dea, validate_mbi, validate_aadhaar, validate_cpf, validate_cnpj,
    validate_cn_id, validate_dni, validate_nie, validate_codice_fiscale, validate_nir,
    validate_steuer_id, validate_nhs, validate_nino, validate_bsn, validate_pesel,
    validate_personnummer, validate_tckn, validate_curp, validate_rut, validate_za_id, validate_rrn,
    validate_my_number, validate_nric, validate_tfn, validate_sin, validate_be_nn, validate_hetu,
    validate_fnr, validate_in_pan;
/* identity.c */
validate_fn validate_clabe, validate_cbu, validate_rvnr, validate_utr;
validate_fn validate_cuit, validate_nif, validate_svnr, validate_ahv, validate_rodne_cislo,
    validate_cpr, validate_cnp, validate_egn, validate_amka, validate_oib, validate_isikukood,
    validate_kennitala, validate_jmbg, validate_pps, validate_il_id, validate_ec_ci, validate_tw_id,
    validate_hkid, validate_th_pin, validate_my_nric, validate_nik, validate_au_medicare,
    validate_abn, validate_ird, validate_nip, validate_kvnr, validate_partita_iva,
    validate_personalausweis, validate_gstin, validate_ein, validate_do_cedula;
/* national_east.c */
validate_fn validate_ru_inn, validate_ru_passport, validate_snils, validate_ua_rntrc,
    validate_kz_iin, validate_lv_pk, validate_hu_taj, validate_sa_id, validate_ae_eid,
    validate_ir_melli, validate_pk_cnic;
/* Papers and vehicles: documents.c. */
validate_fn validate_mrz, validate_vin, validate_bic, validate_birth_date,
    validate_birth_date_words, validate_document;
/* Crypto-currencies: crypto.c. */
validate_fn validate_base58_address, validate_wif, validate_xprv, validate_bech32, validate_eth;
/* password.c */
validate_fn validate_password, validate_named_password, validate_login, validate_option_password;
/* Keys and tokens: token.c, secret.c. */
validate_fn validate_token, validate_token_head, validate_path_key, validate_azure_key,
    validate_aws_key, validate_aws_secret, validate_crc32_base62, validate_jwt, validate_jwt_head,
    validate_pem_key, validate_k8s_jwt, validate_basic, validate_url_password,
    validate_dsn_password, validate_base64_64, validate_assigned, validate_assigned_key,
    validate_assigned_text, validate_last_word, validate_named_key, validate_named_long;

/* ---- shared by the files above ---------------------------------------------------------- */

/* The digits of a span, without anything else; 0 when there are more than cap. */
size_t value_digits(struct span s, uint8_t *out, size_t cap);
/* The letter or digit in front of at ends an escape: "\n", the "\u0022" of JSON, "%3D". */
bool value_escape_before(const struct value *v, size_t at);
/*
 * A piece of a row of numbers: blanks keep its digit groups apart, and keep it apart from more of
 * their kind, in base ten or sixteen, to either side.
 */
bool value_in_row(const struct value *v);
/* Two letters of one country that has IBANs and two digits that may be its check digits. */
bool iban_head_ok(const uint8_t *p);
/* Luhn's sum over ASCII digits is a multiple of ten. */
bool luhn_ok(const uint8_t *digits, size_t len);
/* Base64, standard or URL alphabet, padding optional; bytes written, stops at the first foreign
 * character or when cap is full. */
size_t base64_decode(struct span in, uint8_t *out, size_t cap);
/* Shannon's, in bits per character; secret.c says what it is good for. */
double entropy(struct span s);
/* One character makes up more than 60 % of it, or it counts up, or every second of it does: a
 * made-up value. */
bool looks_made_up(struct span s);
/* Made up, or says that it stands for another: "your-key", "xxxxxxxx". */
bool is_stand_in(struct span s);
/* Stands for a value without being one: the same, and "<token>", "${VAR}". */
bool is_placeholder(struct span s);

#endif
