#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER 65536
#define SNAPLEN 262144
#define ETHERNET 1

struct capture {
    pthread_mutex_t lock;
    int fd; /* -1: it failed */
    size_t fill;
    char *path;
    uint8_t buffer[BUFFER];
};

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snaplen, network;
};

struct record_header {
    uint32_t seconds, nanoseconds, captured, length;
};

uint64_t realtime_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Under the lock. */
static void write_out(struct capture *c)
{
    size_t done = 0;
    while (c->fd >= 0 && done < c->fill) {
        ssize_t n = write(c->fd, c->buffer + done, c->fill - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR) {
            fprintf(stderr, "%s: %s; no more packets are captured there\n", c->path, strerror(errno));
            close(c->fd);
            c->fd = -1;
        }
    }
    c->fill = 0;
}

static void append(struct capture *c, const void *bytes, size_t size)
{
    if (c->fill + size > BUFFER)
        write_out(c);
    memcpy(c->buffer + c->fill, bytes, size);
    c->fill += size;
}

struct capture *capture_open(const char *path, char *error, unsigned room)
{
    struct capture *c = malloc(sizeof *c);
    char *name = strdup(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (!c || !name || fd < 0) {
        snprintf(error, room, "%s: %s", path, fd < 0 ? strerror(errno) : "out of memory");
        free(c);
        free(name);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    c->fd = fd;
    c->fill = 0;
    c->path = name;
    pthread_mutex_init(&c->lock, NULL);
    struct file_header head = {0xa1b23c4d, 2, 4, 0, 0, SNAPLEN, ETHERNET};
    append(c, &head, sizeof head);
    write_out(c);
    return c;
}

void capture_write(struct capture *c, uint64_t time_ns, const uint8_t *data, uint32_t length)
{
    struct record_header head = {(uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000), length, length};
    pthread_mutex_lock(&c->lock);
    append(c, &head, sizeof head);
    append(c, data, length);
    pthread_mutex_unlock(&c->lock);
}

void capture_flush(struct capture *c)
{
    pthread_mutex_lock(&c->lock);
    write_out(c);
    pthread_mutex_unlock(&c->lock);
}

void capture_close(struct capture *c)
{
    if (!c)
        return;
    write_out(c);
    if (c->fd >= 0)
        close(c->fd);
    pthread_mutex_destroy(&c->lock);
    free(c->path);
    free(c);
}
