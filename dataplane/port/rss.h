/*
 * The key of the NIC's receive-side scaling: both directions of a flow into one queue.
 *
 * The Toeplitz hash XORs, for each set bit i of (source, destination, source port, destination
 * port), the 32 bits of the key from bit i on. Swapping the ends moves IPv4 addresses by 32 bits,
 * IPv6 ones by 128 and ports by 16. A key that repeats after 16 bits has the same window at all
 * these distances, so the hash stays the same; and since the windows of addresses and ports
 * overlap, every key that is symmetric for both repeats after 16 bits (all but one of the bits
 * that an IPv4 tuple uses). 16 random bits are what can be had.
 *
 * They are enough, because nothing but balance depends on them: who owns a flow is decided by a
 * keyed SipHash in software, whatever queue a frame came in by. Somebody who guesses the key can
 * make one queue busier, which any single elephant flow does too.
 *
 * The pattern has an odd number of ones. The hash is then the sum of rotations of the pattern
 * picked by the XOR of the tuple's 16-bit words; those sixteen rotations are linearly independent
 * over GF(2) exactly if x + 1 does not divide the pattern as a polynomial, that is, if it has an
 * odd weight. So all 65536 values occur, and each queue gets its share (0x5555 would give three).
 */
#ifndef WEIR_RSS_H
#define WEIR_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RSS_KEY_MAX	64
#define RSS_KEY_DEFAULT 40 /* bytes, where the driver does not say */

/* random: any 16 bits; a pattern of even weight has its lowest bit turned. */
void rss_key_make(uint8_t *key, size_t len, uint16_t random);

/*
 * Whether sample tuples of IPv4 and IPv6 give the same hash in both directions under the key that
 * the device says it took. len must be at least 40.
 */
bool rss_key_is_symmetric(const uint8_t *key, size_t len);

#endif
