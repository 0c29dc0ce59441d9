// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The kernel's half of the test bench: controllers with simulated chips behind them for the buses that Debian's kernel has no
 * simulator of. The kernel's own cores and drivers (i2c-dev, spidev, w1_therm, the PWM class) stand above them as on any board.
 *
 *   I2C    an adapter for plain transfers with chips of commands, an SHT31 at 0x44 and a BH1750 at 0x23; 0x30 is memory with a
 *          pointer, 0x31 to 0x34 fail as controllers do
 *   SPI    bus 0: chip select 0 returns what it gets, chip select 1 is an MCP3008 with the values of a parameter
 *   1-Wire a bus with two DS18B20 that hear every bit
 *   PWM    a chip of two channels that refuses periods under 1 us
 */
#include <linux/delay.h>
#include <linux/i2c.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pwm.h>
#include <linux/spi/spi.h>
#include <linux/version.h>
#include <linux/w1.h>

#define SENSORS 2

static int sht31[2] = { 0x6666, 0x8000 };
module_param_array(sht31, int, NULL, 0644);
MODULE_PARM_DESC(sht31, "temperature and humidity as the chip has them");

static int sht31_noise;
module_param(sht31_noise, int, 0644);
MODULE_PARM_DESC(sht31_noise, "every answer of the SHT31 arrives with a wrong bit");

static int bh1750 = 12000;
module_param(bh1750, int, 0644);
MODULE_PARM_DESC(bh1750, "count of the BH1750");

static int mcp3008[8] = { 0, 1, 512, 1023 };
module_param_array(mcp3008, int, NULL, 0644);
MODULE_PARM_DESC(mcp3008, "values of the eight channels, 0 to 1023");

static int ds18b20[SENSORS] = { 0x0191, 0xff5e };
module_param_array(ds18b20, int, NULL, 0644);
MODULE_PARM_DESC(ds18b20, "temperatures in sixteenths of a degree, as the register has them after a conversion");

static int ds18b20_absent;
module_param(ds18b20_absent, int, 0644);
MODULE_PARM_DESC(ds18b20_absent, "bits of the sensors that are pulled out");

static int ds18b20_noise;
module_param(ds18b20_noise, int, 0644);
MODULE_PARM_DESC(ds18b20_noise, "bits of the sensors whose scratchpad arrives with a wrong bit");

static struct platform_device *board;

/* I2C */

static u8 memory[256];
static u8 pointer;
static u16 sht31_command;
static u16 sht31_status = 0x0010; /* it was reset */
static bool bh1750_on;

/* Sensirion's checksum of a word: polynomial 0x31, start 0xff. */
static u8 sensirion_sum(u8 high, u8 low)
{
	u8 sum = 0xff;
	int i;

	sum ^= high;
	for (i = 0; i < 8; i++)
		sum = (sum << 1) ^ (sum & 0x80 ? 0x31 : 0);
	sum ^= low;
	for (i = 0; i < 8; i++)
		sum = (sum << 1) ^ (sum & 0x80 ? 0x31 : 0);
	return sum;
}

static int sht31_message(struct i2c_msg *m)
{
	u16 words[2] = { sht31_status, 0 };
	int k, count = 1;

	if (!(m->flags & I2C_M_RD)) {
		if (m->len < 2) /* a scan asks for the address only; half a command is not acknowledged */
			return m->len ? -EREMOTEIO : 0;
		sht31_command = (m->buf[0] << 8) | m->buf[1];
		if (sht31_command == 0x30a2)
			sht31_status = 0x0010;
		if (sht31_command == 0x3041)
			sht31_status = 0;
		return 0;
	}
	if (sht31_command == 0x2400) {
		words[0] = sht31[0];
		words[1] = sht31[1];
		count = 2;
	} else if (sht31_command != 0xf32d) {
		return -ENXIO; /* nothing was measured: it does not acknowledge */
	}
	for (k = 0; k < m->len; k++) {
		u16 word = words[min(k / 3, count - 1)];
		u8 bytes[3] = { word >> 8, word & 0xff, sensirion_sum(word >> 8, word & 0xff) };

		m->buf[k] = k / 3 < count ? bytes[k % 3] : 0xff;
	}
	if (sht31_noise && m->len > 1)
		m->buf[1] ^= 0x04;
	if (count == 2)
		sht31_command = 0; /* each measurement is given once */
	return 0;
}

static int bh1750_message(struct i2c_msg *m)
{
	if (m->flags & I2C_M_RD) {
		if (m->len > 0)
			m->buf[0] = bh1750_on ? bh1750 >> 8 : 0;
		if (m->len > 1)
			m->buf[1] = bh1750_on ? bh1750 & 0xff : 0;
	} else if (m->len > 0) {
		/* Power down forgets; any measurement command wakes it. */
		if (m->buf[0] == 0x00)
			bh1750_on = false;
		else if ((m->buf[0] & 0xf0) == 0x10 || (m->buf[0] & 0xf0) == 0x20)
			bh1750_on = true;
	}
	return 0;
}

static const int troubles[] = {
	-EREMOTEIO, /* i2c-bcm2835 says this of every missing acknowledgement, of an address or of a byte */
	-EAGAIN, /* arbitration was lost */
	-ETIMEDOUT, /* the chip held the clock for too long */
	-EIO, /* i2c-designware and others, of a broken transfer */
};

static int bench_transfer(struct i2c_adapter *adapter, struct i2c_msg *messages, int count)
{
	int i, k, error;

	for (i = 0; i < count; i++) {
		struct i2c_msg *m = &messages[i];

		/* The troublemakers hear writes only: a scan, which reads at these addresses, does not meet them. */
		if (m->addr >= 0x31 && m->addr <= 0x34)
			return m->flags & I2C_M_RD ? -ENXIO : troubles[m->addr - 0x31];
		switch (m->addr) {
		case 0x30:
			if (m->flags & I2C_M_RD) {
				for (k = 0; k < m->len; k++)
					m->buf[k] = memory[pointer++];
			} else if (m->len > 0) {
				pointer = m->buf[0];
				for (k = 1; k < m->len; k++)
					memory[pointer++] = m->buf[k];
			}
			break;
		case 0x44:
			error = sht31_message(m);
			if (error)
				return error;
			break;
		case 0x23:
			error = bh1750_message(m);
			if (error)
				return error;
			break;
		default: /* Documentation/i2c/fault-codes.rst: no acknowledgement of the address */
			return -ENXIO;
		}
	}
	return count;
}

static u32 bench_functions(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm bench_algorithm = {
	.master_xfer = bench_transfer,
	.functionality = bench_functions,
};

static struct i2c_adapter bench_adapter = {
	.owner = THIS_MODULE,
	.algo = &bench_algorithm,
	.name = "bench plain I2C",
};

/* SPI */

static struct spi_controller *bench_spi;

static int bench_spi_one(struct spi_controller *controller, struct spi_device *spi, struct spi_transfer *transfer)
{
	const u8 *out = transfer->tx_buf;
	u8 *in = transfer->rx_buf;
	unsigned int i;

	if (!in)
		return 0;
	for (i = 0; i < transfer->len; i++)
		in[i] = out ? out[i] : 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	if (spi_get_chipselect(spi, 0) != 1)
#else
	if (spi->chip_select != 1)
#endif
		return 0;
	/* The start bit, single-ended, the channel; then a null bit and ten bits. */
	memset(in, 0, transfer->len);
	if (out && transfer->len >= 3 && out[0] == 1 && (out[1] & 0x80)) {
		int value = mcp3008[(out[1] >> 4) & 7] & 0x3ff;

		in[1] = value >> 8;
		in[2] = value & 0xff;
	}
	return 0;
}

static int bench_spi_start(void)
{
	int i, error;

	bench_spi = spi_alloc_master(&board->dev, 0);
	if (!bench_spi)
		return -ENOMEM;
	bench_spi->bus_num = 0;
	bench_spi->num_chipselect = 2;
	bench_spi->mode_bits = SPI_CPOL | SPI_CPHA;
	bench_spi->bits_per_word_mask = SPI_BPW_MASK(8);
	bench_spi->max_speed_hz = 10000000;
	bench_spi->transfer_one = bench_spi_one;
	error = spi_register_controller(bench_spi);
	if (error) {
		spi_controller_put(bench_spi);
		return error;
	}
	for (i = 0; i < 2; i++) {
		/* spidev takes devices under the name of a real chip only. */
		struct spi_board_info info = { .modalias = "dh2228fv", .max_speed_hz = 1000000, .chip_select = i };

		if (!spi_new_device(bench_spi, &info)) {
			spi_unregister_controller(bench_spi);
			return -ENODEV;
		}
	}
	return 0;
}

/* 1-Wire: what the datasheet of the DS18B20 says under "ROM commands" and "function commands", bit by bit */

enum listening { IDLE, ROM, SEARCH, MATCH, FUNCTION, READING, WRITING };

static struct sensor {
	u8 rom[8];
	u8 scratchpad[9];
	enum listening state;
	u8 byte;
	int bit;
	int phase;
} sensors[SENSORS];

static u8 rom_bit(const struct sensor *s)
{
	return (s->rom[s->bit / 8] >> (s->bit % 8)) & 1;
}

static void sensor_reset(struct sensor *s)
{
	s->state = ROM;
	s->bit = s->phase = 0;
	s->byte = 0;
}

static void sensor_sum(struct sensor *s)
{
	s->scratchpad[8] = w1_calc_crc8(s->scratchpad, 8);
}

static void sensor_function(struct sensor *s, int index)
{
	s->state = IDLE;
	s->bit = 0;
	switch (s->byte) {
	case 0x44: /* convert; every read slot after it says that it is done */
		s->scratchpad[0] = ds18b20[index] & 0xff;
		s->scratchpad[1] = (ds18b20[index] >> 8) & 0xff;
		sensor_sum(s);
		break;
	case 0xbe:
		s->state = READING;
		break;
	case 0x4e:
		s->state = WRITING;
		break;
	}
	s->byte = 0;
}

/* What one sensor leaves on the wire in this slot: 1 lets it go up, 0 pulls it down. */
static u8 sensor_slot(struct sensor *s, int index, u8 written)
{
	u8 out = written;

	switch (s->state) {
	case IDLE:
		break;
	case ROM:
	case FUNCTION:
		s->byte |= written << s->bit;
		if (++s->bit < 8)
			break;
		if (s->state == FUNCTION) {
			sensor_function(s, index);
			break;
		}
		s->bit = 0;
		s->state = s->byte == 0xf0 ? SEARCH : s->byte == 0x55 ? MATCH : s->byte == 0xcc ? FUNCTION : IDLE;
		s->byte = 0;
		break;
	case SEARCH:
		if (s->phase < 2) {
			out = written & (s->phase == 0 ? rom_bit(s) : !rom_bit(s));
			s->phase++;
			break;
		}
		s->phase = 0;
		if (written != rom_bit(s) || ++s->bit == 64)
			s->state = IDLE;
		break;
	case MATCH:
		if (written != rom_bit(s)) {
			s->state = IDLE;
		} else if (++s->bit == 64) {
			s->state = FUNCTION;
			s->bit = 0;
		}
		break;
	case READING:
		out = written & ((s->scratchpad[s->bit / 8] >> (s->bit % 8)) & 1);
		if ((ds18b20_noise & (1 << index)) && s->bit == 5)
			out ^= 1;
		if (++s->bit == 72)
			s->state = IDLE;
		break;
	case WRITING: /* alarm high, alarm low, configuration */
		if (written)
			s->scratchpad[2 + s->bit / 8] |= 1 << (s->bit % 8);
		else
			s->scratchpad[2 + s->bit / 8] &= ~(1 << (s->bit % 8));
		if (++s->bit == 24) {
			s->state = IDLE;
			sensor_sum(s);
		}
		break;
	}
	return out;
}

static u8 bench_touch(void *data, u8 bit)
{
	u8 wire = bit & 1;
	int i;

	for (i = 0; i < SENSORS; i++)
		if (!(ds18b20_absent & (1 << i)))
			wire &= sensor_slot(&sensors[i], i, bit & 1);
	return wire;
}

static u8 bench_reset(void *data)
{
	u8 nobody = 1;
	int i;

	for (i = 0; i < SENSORS; i++) {
		sensor_reset(&sensors[i]);
		if (!(ds18b20_absent & (1 << i)))
			nobody = 0;
	}
	return nobody;
}

static struct w1_bus_master bench_wire = { .touch_bit = bench_touch, .reset_bus = bench_reset };

static int bench_wire_start(void)
{
	static const u8 scratchpad[8] = { 0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10 }; /* as after power-on: 85 degrees */
	int i;

	for (i = 0; i < SENSORS; i++) {
		struct sensor *s = &sensors[i];

		s->rom[0] = 0x28;
		s->rom[1] = 0x1d + i;
		s->rom[2] = 0x5b;
		s->rom[3] = 0x79;
		s->rom[4] = 0x2a;
		s->rom[5] = 0x16;
		s->rom[6] = 0x03;
		s->rom[7] = w1_calc_crc8(s->rom, 7);
		memcpy(s->scratchpad, scratchpad, sizeof(scratchpad));
		sensor_sum(s);
	}
	return w1_add_master_device(&bench_wire);
}

/* PWM */

static int bench_pwm_apply(struct pwm_chip *chip, struct pwm_device *pwm, const struct pwm_state *state)
{
	if (state->enabled && state->period < 1000)
		return -EINVAL;
	return 0;
}

static const struct pwm_ops bench_pwm_ops = {
	.apply = bench_pwm_apply,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	.owner = THIS_MODULE,
#endif
};

static struct pwm_chip *bench_pwm;

static int bench_pwm_start(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	bench_pwm = devm_pwmchip_alloc(&board->dev, 2, 0);
	if (IS_ERR(bench_pwm))
		return PTR_ERR(bench_pwm);
#else
	bench_pwm = devm_kzalloc(&board->dev, sizeof(*bench_pwm), GFP_KERNEL);
	if (!bench_pwm)
		return -ENOMEM;
	bench_pwm->dev = &board->dev;
	bench_pwm->npwm = 2;
#endif
	bench_pwm->ops = &bench_pwm_ops;
	return pwmchip_add(bench_pwm);
}

static int __init bench_start(void)
{
	int error;

	board = platform_device_register_simple("bench", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(board))
		return PTR_ERR(board);
	bench_adapter.dev.parent = &board->dev;
	error = i2c_add_adapter(&bench_adapter);
	if (error)
		goto no_i2c;
	error = bench_spi_start();
	if (error)
		goto no_spi;
	error = bench_wire_start();
	if (error)
		goto no_wire;
	error = bench_pwm_start();
	if (error)
		goto no_pwm;
	return 0;

no_pwm:
	w1_remove_master_device(&bench_wire);
no_wire:
	spi_unregister_controller(bench_spi);
no_spi:
	i2c_del_adapter(&bench_adapter);
no_i2c:
	platform_device_unregister(board);
	return error;
}
module_init(bench_start);

/* It is never unloaded: the guest is switched off. */
MODULE_DESCRIPTION("Controllers with simulated chips for the hardware tests of SmartCity.IoT");
MODULE_LICENSE("Dual MIT/GPL");
