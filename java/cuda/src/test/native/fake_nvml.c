/* A driver's NVML of one GPU at 0000:3b:00.0, for machines without one: the calls that PresetsNvml makes. Sizes and order of arguments as in nvml.h. */
#include <string.h>

static int gpu;

static int text(char* to, unsigned most, const char* from) { return strlen(from) < most ? (strcpy(to, from), 0) : 7; /* insufficient size */ }
static int number(unsigned* to, unsigned value) { return *to = value, 0; }

int nvmlInit_v2(void) { return 0; }
const char* nvmlErrorString(int status) { return status == 6 ? "Not Found" : "Unknown Error"; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) { return index == 0 ? (*device = &gpu, 0) : 2; }
int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** device) { return strcmp(id, "0000:3b:00.0") ? 6 : (*device = &gpu, 0); }
int nvmlSystemGetDriverVersion(char* to, unsigned most) { return text(to, most, "580.95.05"); }
int nvmlDeviceGetName(void* device, char* to, unsigned most) { return device == &gpu ? text(to, most, "Fake 100") : 2; }
int nvmlDeviceGetPowerUsage(void* device, unsigned* to) { return device == &gpu ? number(to, 612345) : 2; }
int nvmlDeviceGetEnforcedPowerLimit(void* device, unsigned* to) { return device == &gpu ? number(to, 700000) : 2; }
int nvmlDeviceGetClockInfo(void* device, int clock, unsigned* to) { return device == &gpu ? number(to, 1000 + clock) : 2; }
int nvmlDeviceGetMaxClockInfo(void* device, int clock, unsigned* to) { (void)device, (void)clock, (void)to; return 3; /* not supported */ }
int nvmlDeviceGetTemperature(void* device, int sensor, unsigned* to) { return device == &gpu && sensor == 0 ? number(to, 61) : 2; }
int nvmlDeviceGetMemoryInfo(void* device, unsigned long long* total_free_used) {
  if (device != &gpu) return 2;
  total_free_used[0] = 141ull << 30, total_free_used[1] = 139ull << 30, total_free_used[2] = 2ull << 30;
  return 0;
}
int nvmlDeviceGetCurrentClocksEventReasons(void* device, unsigned long long* to) { return device == &gpu ? (*to = 0x44, 0) : 2; }
