/*
 * Addresses and private keys of crypto-currencies: Base58Check (double SHA-256), Bech32 and Bech32m
 * (BIP-173, BIP-350), EIP-55 (Keccak-256).
 *
 * The value is the run of letters and digits that ends the match, so that a rule may begin with
 * a word.
 */
#include <nettle/sha2.h>

#include "classify/detect/validators.h"

enum { BASE58_MAX = 112, BYTES_MAX = 96 };

static struct span
last_run(const struct value *v)
{
	size_t from = v->end;

	while (from > v->start && is_alnum(v->window[from - 1]))
		from--;
	return span_of(v->window + from, v->end - from);
}

static void
take_run(struct value *v, struct span s)
{
	v->start = v->end - s.len;
	value_set_norm(v, s);
}

/* ------------------------------------------------------------------ Base58Check */

static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* Big-endian bytes; 0 when a character is foreign or it grows too long. */
static size_t
base58_decode(struct span s, uint8_t out[BYTES_MAX])
{
	uint8_t little[BYTES_MAX];
	size_t len = 0, zeros = 0;

	while (zeros < s.len && s.p[zeros] == '1')
		zeros++;
	for (size_t i = 0; i < s.len; i++) {
		const char *at = s.p[i] == '\0' ? NULL : strchr(base58, s.p[i]);
		unsigned carry;

		if (at == NULL)
			return 0;
		carry = (unsigned)(at - base58);
		for (size_t k = 0; k < len; k++) {
			carry += little[k] * 58u;
			little[k] = (uint8_t)carry;
			carry >>= 8;
		}
		while (carry != 0) {
			if (len == BYTES_MAX)
				return 0;
			little[len++] = (uint8_t)carry;
			carry >>= 8;
		}
	}
	if (zeros + len > BYTES_MAX)
		return 0;
	memset(out, 0, zeros);
	for (size_t k = 0; k < len; k++)
		out[zeros + k] = little[len - 1 - k];
	return zeros + len;
}

static void
sha256_twice(const uint8_t *p, size_t len, uint8_t out[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, p);
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
	sha256_update(&ctx, SHA256_DIGEST_SIZE, out);
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

/* Bytes of the payload with its version, 0 when the four check bytes differ. */
static size_t
base58check(struct span s, uint8_t bytes[BYTES_MAX])
{
	uint8_t hash[SHA256_DIGEST_SIZE];
	size_t len = s.len > BASE58_MAX ? 0 : base58_decode(s, bytes);

	if (len < 5)
		return 0;
	sha256_twice(bytes, len - 4, hash);
	return memcmp(bytes + len - 4, hash, 4) == 0 ? len - 4 : 0;
}

/* Bitcoin, Litecoin, Dogecoin, Tron: a version byte and twenty. */
int
validate_base58_address(struct value *v)
{
	uint8_t bytes[BYTES_MAX];
	struct span s = last_run(v);

	if (base58check(s, bytes) != 21)
		return 0;
	take_run(v, s);
	return 40;
}

/* A private key as wallets write it: version, 32 bytes, 01 when the public key is compressed. */
int
validate_wif(struct value *v)
{
	uint8_t bytes[BYTES_MAX];
	struct span s = last_run(v);
	size_t len = base58check(s, bytes);

	if (len != 33 && (len != 34 || bytes[33] != 1))
		return 0;
	take_run(v, s);
	return 40;
}

/* xprv and its kin, BIP-32: 78 bytes. */
int
validate_xprv(struct value *v)
{
	uint8_t bytes[BYTES_MAX];
	struct span s = last_run(v);

	if (base58check(s, bytes) != 78)
		return 0;
	take_run(v, s);
	return 40;
}

/* ------------------------------------------------------------------ Bech32 */

static uint32_t
polymod(uint32_t sum, unsigned value)
{
	static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					       0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = ((sum & 0x1ffffff) << 5) ^ value;
	for (unsigned i = 0; i < 5; i++)
		sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
	return sum;
}

int
validate_bech32(struct value *v)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	struct span s = last_run(v);
	size_t one = s.len;
	uint32_t sum = 1;

	while (one > 0 && s.p[one - 1] != '1')
		one--;
	if (one < 2 || s.len - one < 8 || s.len > 90)
		return 0;
	for (size_t i = 0; i + 1 < one; i++)
		sum = polymod(sum, ascii_lower(s.p[i]) >> 5);
	sum = polymod(sum, 0);
	for (size_t i = 0; i + 1 < one; i++)
		sum = polymod(sum, ascii_lower(s.p[i]) & 31);
	for (size_t i = one; i < s.len; i++) {
		const char *at = strchr(alphabet, ascii_lower(s.p[i]));

		if (at == NULL)
			return 0;
		sum = polymod(sum, (unsigned)(at - alphabet));
	}
	if (sum != 1 && sum != 0x2bc830a3)
		return 0;
	take_run(v, s);
	return 40;
}

/* ------------------------------------------------------------------ Ethereum */

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return n == 0 ? x : (x << n) | (x >> (64 - n));
}

static void
keccak_f(uint64_t a[25])
{
	static const uint8_t rotations[24] = { 1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
					       27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44 };
	static const uint8_t lanes[24] = { 10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
					   15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1 };
	uint8_t lfsr = 1;

	for (unsigned round = 0; round < 24; round++) {
		uint64_t c[5], t;

		for (unsigned x = 0; x < 5; x++)
			c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
		for (unsigned x = 0; x < 5; x++) {
			t = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
			for (unsigned y = 0; y < 25; y += 5)
				a[x + y] ^= t;
		}
		t = a[1];
		for (unsigned i = 0; i < 24; i++) {
			uint64_t next = a[lanes[i]];

			a[lanes[i]] = rotate(t, rotations[i]);
			t = next;
		}
		for (unsigned y = 0; y < 25; y += 5) {
			memcpy(c, a + y, sizeof(c));
			for (unsigned x = 0; x < 5; x++)
				a[x + y] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
		}
		for (unsigned i = 0; i < 7; i++) {
			if ((lfsr & 1) != 0)
				a[0] ^= 1ull << ((1u << i) - 1);
			lfsr = (uint8_t)((lfsr << 1) ^ ((lfsr & 0x80) != 0 ? 0x71 : 0));
		}
	}
}

/* Keccak-256 as it was before it became SHA-3, of fewer than 136 bytes. */
static void
keccak256(const uint8_t *p, size_t len, uint8_t out[32])
{
	uint8_t block[136] = { 0 };
	uint64_t a[25] = { 0 };

	memcpy(block, p, len);
	block[len] = 1;
	block[135] |= 0x80;
	for (unsigned i = 0; i < 136; i++)
		a[i / 8] ^= (uint64_t)block[i] << (i % 8 * 8);
	keccak_f(a);
	for (unsigned i = 0; i < 32; i++)
		out[i] = (uint8_t)(a[i / 8] >> (i % 8 * 8));
}

/* 0x and forty hexadecimal digits; mixed case is the check sum of EIP-55, and must fit. */
int
validate_eth(struct value *v)
{
	struct span s = last_run(v);
	uint8_t lower[40], hash[32];
	bool up = false, down = false, fits = true;

	if (s.len != 42 || s.p[0] != '0' || (s.p[1] | 0x20) != 'x')
		return 0;
	for (unsigned i = 0; i < 40; i++) {
		if (hex_value(s.p[i + 2]) < 0)
			return 0;
		lower[i] = ascii_lower(s.p[i + 2]);
	}
	keccak256(lower, 40, hash);
	for (unsigned i = 0; i < 40; i++) {
		unsigned nibble = hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;

		if (!is_alpha(lower[i]))
			continue;
		up = up || s.p[i + 2] < 'a';
		down = down || s.p[i + 2] >= 'a';
		fits = fits && (s.p[i + 2] < 'a') == (nibble >= 8);
	}
	if ((up && down && !fits) || looks_made_up(span_of(lower, 40)))
		return 0;
	take_run(v, s);
	return up && down ? 40 : 5;
}
