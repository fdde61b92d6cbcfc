/*
 * A Kafka broker for quick tests: librdkafka's mock cluster in a process of its own. Prints the
 * bootstrap list on a line and stays until its standard input ends.
 *
 *   kafka_mock [BROKERS]
 *
 * It keeps about 5 MB a partition and does not check idempotent sequence numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

int
main(int argc, char **argv)
{
	int brokers = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;
	rd_kafka_mock_cluster_t *cluster;
	char text[512];
	rd_kafka_t *rk;

	if (brokers < 1 || brokers > 9) {
		fprintf(stderr, "kafka_mock: %s: must be 1..9 brokers\n", argv[1]);
		return 2;
	}
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, text, sizeof(text));
	if (rk == NULL) {
		fprintf(stderr, "kafka_mock: %s\n", text);
		return 1;
	}
	cluster = rd_kafka_mock_cluster_new(rk, brokers);
	if (cluster == NULL) {
		fprintf(stderr, "kafka_mock: no cluster\n");
		return 1;
	}
	puts(rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (read(STDIN_FILENO, text, sizeof(text)) > 0)
		;
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	return 0;
}
