// A slow and lossy link between two network namespaces, in user space: for kernels without netem.
//
//   link PID_A PID_B DELAY_MS KBIT_PER_S LOSS_PER_MILLE QUEUE_BYTES SEED
//
// PID_A and PID_B are processes that live in the two namespaces. Each namespace gets a TUN device, 10.77.0.1 and 10.77.0.2.
// What one side sends waits for its turn at the rate, is dropped by chance or if the queue is full, and arrives after the
// delay. Which packets are dropped depends on the seed and on how many came before, and on nothing else.
//
// It says "ready", and then answers each line of its standard input by one line of JSON:
//   counts         what has passed since the last time, each way
//   cut            drops everything from now on
//   mend           stops doing so
// It ends when its standard input does.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, SLOTS = 8192 };

struct packet {
  int64_t due;
  int size;
  uint8_t bytes[MTU];
};

// One way through the link.
struct way {
  int from, to;
  uint64_t random;
  int64_t idle;  // when the last packet that was let in will have left the sender
  unsigned head, count;
  struct packet *waiting;
  // Since the last question. `payload` is what TCP carries; `turns` counts how often this side began to talk.
  uint64_t packets, bytes, payload, lost, overflowed, opened, turns;
};

static int64_t delay, queue;
static double nanoseconds_per_byte;
static int loss, is_cut;
static const struct way *talking;  // who sent payload last

static void fail(const char *what) {
  fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// splitmix64.
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static void set_address(int control, struct ifreq *request, unsigned long call, const char *text) {
  struct sockaddr_in *address = (struct sockaddr_in *)&request->ifr_addr;
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  inet_pton(AF_INET, text, &address->sin_addr);
  if (ioctl(control, call, request) < 0) fail(text);
}

static void raise_device(int control, struct ifreq *request) {
  if (ioctl(control, SIOCGIFFLAGS, request) < 0) fail("flags");
  request->ifr_flags |= IFF_UP;
  if (ioctl(control, SIOCSIFFLAGS, request) < 0) fail("flags");
}

// Makes a TUN device in the namespace of a process. A descriptor stays with the namespace in which it was opened.
static int open_device(const char *pid, const char *own, const char *other) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
  int space = open(path, O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) < 0) fail(path);
  close(space);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(request.ifr_name, "link");
  if (ioctl(device, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) fail("socket");
  set_address(control, &request, SIOCSIFADDR, own);
  set_address(control, &request, SIOCSIFDSTADDR, other);
  raise_device(control, &request);
  strcpy(request.ifr_name, "lo");
  raise_device(control, &request);
  close(control);
  return device;
}

// Counts what a packet of TCP carries, and connections that are opened.
static void inspect(struct way *way, const uint8_t *packet, int size) {
  if (size < 40 || packet[0] >> 4 != 4 || packet[9] != 6) return;
  int header = (packet[0] & 15) * 4;
  if (size < header + 20) return;
  const uint8_t *tcp = packet + header;
  int payload = size - header - (tcp[12] >> 4) * 4;
  if ((tcp[13] & 0x12) == 0x02) way->opened++;
  if (payload <= 0) return;
  way->payload += payload;
  if (talking != way) way->turns++;
  talking = way;
}

static void take(struct way *way) {
  for (;;) {
    uint8_t bytes[MTU];
    ssize_t size = read(way->from, bytes, sizeof bytes);
    if (size <= 0) return;
    int is_lost = next_random(&way->random) % 1000 < (uint64_t)loss;
    int64_t at = now(), start = way->idle > at ? way->idle : at;
    way->packets++;
    way->bytes += size;
    inspect(way, bytes, size);
    if ((start - at) / nanoseconds_per_byte > queue || way->count == SLOTS) {
      way->overflowed++;
      continue;
    }
    // One that is lost has been sent all the same.
    way->idle = start + (int64_t)(size * nanoseconds_per_byte);
    if (is_lost || is_cut) {
      way->lost++;
      continue;
    }
    struct packet *packet = &way->waiting[(way->head + way->count++) % SLOTS];
    packet->due = way->idle + delay;
    packet->size = size;
    memcpy(packet->bytes, bytes, size);
  }
}

// Delivers what is due. Returns when the next one is.
static int64_t deliver(struct way *way, int64_t next) {
  while (way->count) {
    struct packet *packet = &way->waiting[way->head];
    if (packet->due > now()) return packet->due < next ? packet->due : next;
    if (write(way->to, packet->bytes, packet->size) < 0 && errno != EIO) fail("write");
    way->head = (way->head + 1) % SLOTS;
    way->count--;
  }
  return next;
}

static void print_counts(struct way *way, const char *name, const char *end) {
  printf(
    "\"%s\": {\"packets\": %lu, \"bytes\": %lu, \"payload\": %lu, \"lost\": %lu, \"overflowed\": %lu, "
    "\"opened\": %lu, \"turns\": %lu}%s", name, way->packets, way->bytes, way->payload, way->lost, way->overflowed,
    way->opened, way->turns, end);
  way->packets = way->bytes = way->payload = way->lost = way->overflowed = way->opened = way->turns = 0;
}

static void obey(const char *line, struct way ways[2]) {
  if (!strcmp(line, "cut\n")) is_cut = 1;
  if (!strcmp(line, "mend\n")) is_cut = 0;
  printf("{");
  if (!strcmp(line, "counts\n")) {
    print_counts(&ways[0], "up", ", ");
    print_counts(&ways[1], "down", "");
    talking = NULL;
  }
  printf("}\n");
}

int main(int count, char **words) {
  if (count != 8) {
    fprintf(stderr, "usage: link PID_A PID_B DELAY_MS KBIT_PER_S LOSS_PER_MILLE QUEUE_BYTES SEED\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  delay = atoll(words[3]) * 1000000;
  nanoseconds_per_byte = 8e6 / atof(words[4]);
  loss = atoi(words[5]);
  queue = atoll(words[6]);
  int a = open_device(words[1], "10.77.0.1", "10.77.0.2"), b = open_device(words[2], "10.77.0.2", "10.77.0.1");
  uint64_t seed = strtoull(words[7], NULL, 10);
  struct way ways[2] = {{.from = a, .to = b, .random = seed}, {.from = b, .to = a, .random = ~seed}};
  for (int i = 0; i < 2; i++) {
    ways[i].waiting = calloc(SLOTS, sizeof(struct packet));
    if (!ways[i].waiting) fail("memory");
  }
  puts("ready");
  for (;;) {
    int64_t due = deliver(&ways[1], deliver(&ways[0], INT64_MAX));
    struct pollfd polled[] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {0, POLLIN, 0}};
    int64_t left = due - now();
    if (left < 0) left = 0;
    struct timespec wait = {left / 1000000000, left % 1000000000};
    if (ppoll(polled, 3, due == INT64_MAX ? NULL : &wait, NULL) < 0 && errno != EINTR) fail("poll");
    take(&ways[0]);
    take(&ways[1]);
    if (polled[2].revents) {
      char line[64];
      if (!fgets(line, sizeof line, stdin)) return 0;
      obey(line, ways);
    }
  }
}
