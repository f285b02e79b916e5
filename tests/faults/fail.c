/* Loaded with LD_PRELOAD: counts the calls of this process that write below one folder, and lets one of them fail.

   fault_arm(folder, n, error) counts from 1; call number n fails with errno `error`, or, for -1, writes half of its
   bytes. fault_count() is how many there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[4096];
static int failing, error, count;
static unsigned char below[4096]; /* descriptors of files below the folder */

void fault_arm(const char *path, int n, int code)
{
    strncpy(folder, path, sizeof folder - 1);
    failing = n, error = code, count = 0;
}

int fault_count(void) { return count; }

static int inside(const char *path) { return folder[0] && path && !strncmp(path, folder, strlen(folder)); }
static int of(int fd) { return folder[0] && fd >= 0 && fd < (int)sizeof below && below[fd]; }
static int fails(void) { return ++count == failing; }
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(condition) if ((condition) && fails() && error >= 0) { errno = error; return -1; }

static int opened(int fd, const char *path)
{
    if (fd >= 0 && fd < (int)sizeof below) below[fd] = inside(path);
    return fd;
}

#define OPEN(name)                                                                   \
    int name(const char *path, int flags, ...)                                       \
    {                                                                                \
        va_list more;                                                                \
        va_start(more, flags);                                                       \
        mode_t mode = va_arg(more, int);                                             \
        va_end(more);                                                                \
        FAIL_IF(inside(path) && (flags & (O_WRONLY | O_RDWR | O_CREAT)))             \
        return opened(REAL(name)(path, flags, mode), path);                          \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size)
{
    if (of(fd) && fails()) {
        if (error < 0) return REAL(write)(fd, data, size > 1 ? size / 2 : size);
        errno = error;
        return -1;
    }
    return REAL(write)(fd, data, size);
}

int fsync(int fd)
{
    FAIL_IF(of(fd))
    return REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
    FAIL_IF(inside(to))
    return REAL(rename)(from, to);
}

int unlink(const char *path)
{
    FAIL_IF(inside(path))
    return REAL(unlink)(path);
}

int close(int fd)
{
    int mine = of(fd);
    if (mine) below[fd] = 0;
    int status = REAL(close)(fd);
    FAIL_IF(mine)
    return status;
}
