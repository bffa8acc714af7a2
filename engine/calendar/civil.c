/* Civil dates as day numbers.  Years are counted from March, so that the leap
 * day is the last of its year, and in eras of 400 years, whose length is
 * constant (146097 days).
 */
#include "calendar/civil.h"

#define ERA_DAYS    INT64_C(146097)
#define EPOCH_SHIFT INT64_C(719468) /* days from 0000-03-01 to 1970-01-01 */

int64_t civil_to_day(int year, int month, int day)
{
  int64_t y = (int64_t)year - (month <= 2);
  int64_t era = floor_div(y, 400);
  int64_t of_era = y - era * 400;
  int64_t month_from_march = (month + 9) % 12;
  int64_t of_year = (153 * month_from_march + 2) / 5 + day - 1;

  return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
         EPOCH_SHIFT;
}

void civil_from_day(int64_t day, struct civil *out)
{
  int64_t z = day + EPOCH_SHIFT;
  int64_t era = floor_div(z, ERA_DAYS);
  unsigned d = (unsigned)(z - era * ERA_DAYS);
  unsigned y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
  unsigned of_year = d - (365 * y + y / 4 - y / 100);
  unsigned month_from_march = (5 * of_year + 2) / 153;

  out->day = (int)(of_year - (153 * month_from_march + 2) / 5 + 1);
  out->month = (int)(month_from_march < 10 ? month_from_march + 3
                                           : month_from_march - 9);
  out->year = (int)(era * 400 + y) + (out->month <= 2);
}

int civil_month_length(int year, int month)
{
  static const unsigned char length[12] = {31, 28, 31, 30, 31, 30,
                                           31, 31, 30, 31, 30, 31};

  if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
    return 29;
  return length[month - 1];
}

int civil_weekday(int64_t day)
{
  int64_t w = (day + 4) % 7;

  return (int)(w < 0 ? w + 7 : w);
}
