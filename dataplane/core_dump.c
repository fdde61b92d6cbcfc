#include "dataplane/core_dump.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/log.h"

enum { MAX_FRAMES = 64, STILL_MS = 500 };

/* Of core(5)'s bits only the first page of each program and library: no memory. */
#define FILTER "0x10\n"

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

void
core_dump_forbid(void)
{
#ifdef __SANITIZE_ADDRESS__
	return; /* the leak checker has to attach */
#endif
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &limit);
	}
	prctl(PR_SET_DUMPABLE, 0);
}

/*
 * Vector registers are what memcpy and the scanners work with: hundreds of bytes of payload. A core
 * holds them for every thread, so every thread has to clear its own. The assembler repeats a line
 * for each register.
 */
#define LOW_16	"0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"
#define HIGH_16 "16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

static void
clear_registers(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall" ::
				     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
				       "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
				       "xmm14", "xmm15");
	__asm__ volatile(".irp n," LOW_16 "\n"
			 "pxor %xmm\\n, %xmm\\n\n"
			 ".endr");
	if (__builtin_cpu_supports("avx512f"))
		__asm__ volatile(".irp n," HIGH_16 "\n"
				 "vpxorq %zmm\\n, %zmm\\n, %zmm\\n\n"
				 ".endr");
#elif defined(__aarch64__)
	__asm__ volatile(".irp n," LOW_16 "," HIGH_16 "\n"
			 "movi v\\n\\().2d, #0\n"
			 ".endr");
#endif
}

static _Atomic unsigned nr_still;

/* Another thread has crashed: nothing more happens here. What it was doing is on its stack. */
static void
hold_still(int sig)
{
	(void)sig;
	atomic_fetch_add(&nr_still, 1);
	for (;;) {
		clear_registers();
		syscall(SYS_pause);
	}
}

struct kernel_dirent {
	uint64_t ino, off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/* Tells every other thread; how many. No call here may allocate. */
static unsigned
stop_others(void)
{
	static _Alignas(8) char entries[16384];
	long self = syscall(SYS_gettid);
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned nr = 0;
	long len;

	while (fd >= 0 && (len = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < len;) {
			const struct kernel_dirent *d = (const void *)(entries + at);
			long tid = 0;

			at += d->reclen;
			for (const char *c = d->name; *c >= '0' && *c <= '9'; c++)
				tid = tid * 10 + *c - '0';
			if (tid != 0 && tid != self &&
			    syscall(SYS_tgkill, (long)getpid(), tid, SIGRTMAX) == 0)
				nr++;
		}
	}
	if (fd >= 0)
		close(fd);
	return fd < 0 ? UINT_MAX : nr;
}

/* False after a while: a thread that does not hear of it may have payload in its registers. */
static bool
all_still(void)
{
	const struct timespec wait = { 0, 1000000 };
	unsigned nr = stop_others();

	for (unsigned i = 0; i < STILL_MS && atomic_load(&nr_still) < nr; i++)
		nanosleep(&wait, NULL);
	return atomic_load(&nr_still) >= nr;
}

/* Only what may be called from a handler: addresses and names of functions, no argument. */
static void
tell_where(int sig)
{
	static const char said[] = "weir: ended by a signal, at:\n";
	static _Atomic bool busy;
	void *frames[MAX_FRAMES];
	ssize_t n;

	if (atomic_exchange(&busy, true))
		hold_still(sig); /* two threads crash at once: the first one tells */
	n = write(STDERR_FILENO, said, sizeof(said) - 1);
	(void)n;
	backtrace_symbols_fd(frames, backtrace(frames, MAX_FRAMES), STDERR_FILENO);
	if (!all_still())
		core_dump_forbid();
	signal(sig, SIG_DFL);
	clear_registers();
	syscall(SYS_tgkill, (long)getpid(), syscall(SYS_gettid), sig);
}

static int
set_filter(void)
{
	FILE *f = fopen("/proc/self/coredump_filter", "we");
	int r = 0;

	if (f == NULL)
		return -errno;
	if (fputs(FILTER, f) < 0)
		r = -EIO;
	if (fclose(f) != 0)
		r = -errno;
	return r;
}

/* The limit comes last: without the filter there is no core. */
int
core_dump_allow(void)
{
	struct sigaction sa = { .sa_handler = tell_where };
	struct sigaction still = { .sa_handler = hold_still };
	struct rlimit limit = { 0, 0 };
	void *frames[1];
	int r;

	prctl(PR_SET_DUMPABLE, 1); /* else the filter is not ours to set */
	r = set_filter();
	if (r != 0) {
		prctl(PR_SET_DUMPABLE, 0);
		log_err("--allow-core: /proc/self/coredump_filter: %s: no core is written",
			strerror(-r));
		return r;
	}
	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max == 0 || setrlimit(RLIMIT_CORE, &limit) != 0)
		log_warning("--allow-core: the limit of core files is 0: must be raised before "
			    "weir starts (ulimit -c, LimitCORE=)");
	backtrace(frames, 1); /* loads what it needs while that is allowed */
	sigfillset(&still.sa_mask);
	sigaction(SIGRTMAX, &still, NULL);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &sa, NULL);
	return 0;
}
