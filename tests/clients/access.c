// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that knows nothing of /dev/ioport: does what its arguments say, one
 * after the other, and tells what came of each.
 *
 *	perm:FIRST:COUNT:ON	ioperm()
 *	pl:LEVEL		iopl()
 *	in:PORT			inb(), or that it faults
 *	out:PORT:VALUE		outb()
 *	get:PORT		a byte by /dev/port
 *	put:PORT:VALUE		the same, to it
 *	span:PORT:COUNT		how many bytes a read of /dev/port gives
 *	preloaded		is libioport-compat there?
 *	fork			the rest in a child; the parent waits and ends
 *	child:WORD		the one word in a child, then go on
 *	thread:WORD		the one word in another thread, then go on
 *	daemon			as daemon(3) does, with every descriptor closed; what
 *				follows is written to the file of the next argument
 *	shut			close every descriptor above 2
 *	shutraw			the same, without the C library
 *	exec			the rest in a new image of this program
 *	become FILE		the rest in a new image of that program
 *	bare			the rest in a new image of this one, with no environment
 *	sleep:MILLISECONDS
 *	until:FILE		wait until that is there
 *	raw			ioperm() and iopl() without the C library from now on
 *	int80			ioperm() and iopl() by int $0x80 from now on
 *	x32			by the x32 numbers from now on
 *
 * Numbers are hexadecimal, milliseconds decimal.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf fault;
static long (*perm)(unsigned long first, unsigned long count, int on);
static long (*pl)(unsigned int level);
static char *self;
extern char **environ;

static void run(char **words);

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

static long perm_native(unsigned long first, unsigned long count, int on)
{
	return syscall(SYS_ioperm, first, count, on);
}

static long pl_native(unsigned int level)
{
	return syscall(SYS_iopl, level);
}

/* The calls that a library in front of the C library does not see. */
static long raw(long number, unsigned long a, unsigned long b, unsigned long c)
{
	long result;

#ifdef __x86_64__
	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(number), "D"(a), "S"(b), "d"(c)
		     : "memory", "rcx", "r11");
#else
	asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
#endif
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static long perm_raw(unsigned long first, unsigned long count, int on)
{
	return raw(SYS_ioperm, first, count, on);
}

static long pl_raw(unsigned int level)
{
	return raw(SYS_iopl, level, 0, 0);
}

#ifdef __x86_64__
static long int80(long number, unsigned long a, unsigned long b, unsigned long c)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static long perm_int80(unsigned long first, unsigned long count, int on)
{
	return int80(101, first, count, on);
}

static long pl_int80(unsigned int level)
{
	return int80(110, level, 0, 0);
}

static long perm_x32(unsigned long first, unsigned long count, int on)
{
	return syscall(0x40000000 | SYS_ioperm, first, count, on);
}

static long pl_x32(unsigned int level)
{
	return syscall(0x40000000 | SYS_iopl, level);
}
#endif

/* Whole lines, each at once, so that they stay apart and survive an exec. */
static void tell(const char *word, const char *what)
{
	printf("%s: %s\n", word, what);
	fflush(stdout);
}

static void tell_call(const char *word, long result)
{
	char what[64];

	snprintf(what, sizeof(what), "%ld%s%s", result, result ? " " : "",
		 result ? strerror(errno) : "");
	tell(word, what);
}

static void access_port(const char *word, unsigned int port, int value)
{
	struct sigaction catch = { .sa_handler = on_fault }, old;
	char what[64] = "faults";

	sigaction(SIGSEGV, &catch, &old);
	if (!sigsetjmp(fault, 1)) {
		if (value < 0)
			snprintf(what, sizeof(what), "0x%02x", inb(port));
		else
			outb(value, port);
		if (value >= 0)
			strcpy(what, "done");
	}
	sigaction(SIGSEGV, &old, NULL);
	tell(word, what);
}

/* /dev/port by read() where @value is negative, else by write(). */
static void access_dev_port(const char *word, unsigned int port, int value)
{
	int fd = open("/dev/port", value < 0 ? O_RDONLY : O_WRONLY);
	unsigned char byte = value;
	char what[64];

	if (fd < 0) {
		tell_call(word, -1);
		return;
	}
	if (lseek(fd, port, SEEK_SET) < 0)
		tell(word, "cannot seek");
	else if ((value < 0 ? read(fd, &byte, 1) : write(fd, &byte, 1)) != 1)
		tell_call(word, -1);
	else if (snprintf(what, sizeof(what), "0x%02x", byte))
		tell(word, value < 0 ? what : "done");
	close(fd);
}

static void span_dev_port(const char *word, unsigned int port, unsigned int count)
{
	int fd = open("/dev/port", O_RDWR);
	char bytes[256], what[32];

	if (count > sizeof(bytes))
		count = sizeof(bytes);
	snprintf(what, sizeof(what), "%zd bytes", pread(fd, bytes, count, port));
	tell(word, what);
	close(fd);
}

static void tell_preloaded(const char *word)
{
	char line[512];
	int found = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, "libioport-compat") != NULL;
	if (maps)
		fclose(maps);
	tell(word, found ? "yes" : "no");
}

static void *one_word(void *word)
{
	char *words[] = { word, NULL };

	run(words);
	return NULL;
}

static void in_thread(char *word)
{
	pthread_t thread;

	pthread_create(&thread, NULL, one_word, word);
	pthread_join(thread, NULL);
}

static void in_child(char *word)
{
	pid_t child = fork();

	if (!child) {
		one_word(word);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void end_parent(void)
{
	int status = 0;
	pid_t child = fork();

	if (!child)
		return;
	waitpid(child, &status, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void shut(int from)
{
	for (int fd = from; fd < 1024; fd++)
		close(fd);
}

static void shut_raw(void)
{
	for (int fd = 3; fd < 1024; fd++)
		raw(SYS_close, fd, 0, 0);
}

static void become_daemon(const char *log)
{
	if (fork())
		exit(0);
	setsid();
	if (fork())
		exit(0);
	shut(0);
	if (open("/dev/null", O_RDONLY) != 0 ||
	    open(log, O_WRONLY | O_CREAT | O_APPEND, 0644) != 1 || dup(1) != 2)
		_exit(1);
}

static void run_again(const char *program, char **rest, char **environment)
{
	char *args[64] = { self };

	for (int i = 0; rest[i] && i < 62; i++)
		args[i + 1] = rest[i];
	execve(program, args, environment);
	perror("exec");
	exit(1);
}

static void wait_for(const char *file)
{
	while (access(file, F_OK))
		usleep(20000);
}

static void call_by(const char *word)
{
	perm = strcmp(word, "raw") ? perm_native : perm_raw;
	pl = strcmp(word, "raw") ? pl_native : pl_raw;
#ifdef __x86_64__
	if (!strcmp(word, "int80")) {
		perm = perm_int80;
		pl = pl_int80;
	} else if (!strcmp(word, "x32")) {
		perm = perm_x32;
		pl = pl_x32;
	}
#endif
}

/* Words with numbers; false where it is another. */
static int run_access(const char *word)
{
	unsigned long first, count;
	unsigned int port, value;

	if (sscanf(word, "perm:%lx:%lx:%x", &first, &count, &value) == 3)
		tell_call(word, perm(first, count, (int)value));
	else if (sscanf(word, "pl:%x", &value) == 1)
		tell_call(word, pl(value));
	else if (sscanf(word, "in:%x", &port) == 1)
		access_port(word, port, -1);
	else if (sscanf(word, "out:%x:%x", &port, &value) == 2)
		access_port(word, port, (int)value);
	else if (sscanf(word, "get:%x", &port) == 1)
		access_dev_port(word, port, -1);
	else if (sscanf(word, "put:%x:%x", &port, &value) == 2)
		access_dev_port(word, port, (int)value);
	else if (sscanf(word, "span:%x:%x", &port, &value) == 2)
		span_dev_port(word, port, value);
	else if (sscanf(word, "sleep:%u", &value) == 1)
		usleep(value * 1000);
	else
		return 0;
	return 1;
}

static void run(char **words)
{
	for (; *words; words++) {
		if (run_access(*words))
			continue;
		if (!strncmp(*words, "until:", 6))
			wait_for(*words + 6);
		else if (!strncmp(*words, "child:", 6))
			in_child(*words + 6);
		else if (!strncmp(*words, "thread:", 7))
			in_thread(*words + 7);
		else if (!strcmp(*words, "fork"))
			end_parent();
		else if (!strcmp(*words, "shut"))
			shut(3);
		else if (!strcmp(*words, "shutraw"))
			shut_raw();
		else if (!strcmp(*words, "daemon") && words[1])
			become_daemon(*++words);
		else if (!strcmp(*words, "exec"))
			run_again("/proc/self/exe", words + 1, environ);
		else if (!strcmp(*words, "become") && words[1])
			run_again(words[1], words + 2, environ);
		else if (!strcmp(*words, "bare"))
			run_again("/proc/self/exe", words + 1, (char *[]){ NULL });
		else if (!strcmp(*words, "preloaded"))
			tell_preloaded(*words);
		else if (!strcmp(*words, "raw") || !strcmp(*words, "int80") ||
			 !strcmp(*words, "x32"))
			call_by(*words);
		else
			tell(*words, "what?");
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	self = argv[0];
	call_by("");
	run(argv + 1);
	return 0;
}
