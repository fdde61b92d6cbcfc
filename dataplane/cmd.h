/* The commands of weir: one file each, one row each in main.c's table. */
#ifndef WEIR_CMD_H
#define WEIR_CMD_H

/* Exit statuses: 0 done, CMD_FAILED, CMD_USAGE. */
enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

struct cmd {
	const char *name;
	const char *summary; /* one line for `weir --help` */
	/* argv[0] is the command's name. */
	int (*run)(int argc, char **argv);
};

int cmd_replay(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_schema(int argc, char **argv);

#endif
