import { type Static, Type } from 'typebox';
import { Decimal, orNull, Timestamp } from '../common.ts';

const cron = (what: string) =>
  orNull(
    Type.String({ maxLength: 100, examples: ['0 20 * * mon-fri'] }),
    `${what}; five fields as of cron, null: never`,
  );

export const HibernationSchedule = Type.Object(
  {
    sleep: Type.Optional(cron('When it goes to sleep')),
    wake: Type.Optional(cron('When it wakes')),
    timeZone: Type.Optional(
      Type.String({ default: 'UTC', maxLength: 64, description: 'IANA name', examples: ['Europe/Berlin'] }),
    ),
  },
  { $id: 'HibernationSchedule', additionalProperties: false, description: 'One of `sleep` and `wake`, or both' },
);

const schedules = Type.Array(HibernationSchedule, {
  description:
    'What it says counts from its next time on; what somebody asks for in between holds until then. Instead of those there are',
});
const hibernated = Type.Boolean({
  description:
    'Asleep it has no workers and no control plane; its data, volumes, load balancers and addresses stay, and so does the address of its API',
});

export const HibernationSchedules = Type.Object(
  { schedules: Type.Optional(schedules) },
  { $id: 'HibernationSchedules', additionalProperties: false },
);
export type HibernationSchedules = Static<typeof HibernationSchedules>;

export const HibernationSettings = Type.Object(
  { hibernated: Type.Optional(hibernated), schedules: Type.Optional(schedules) },
  {
    $id: 'HibernationSettings',
    additionalProperties: false,
    description: 'Whether the cluster sleeps, and when that changes by itself; what is absent stays as it is',
  },
);
export type HibernationSettings = Static<typeof HibernationSettings>;

export const Hibernation = Type.Object(
  {
    hibernated,
    schedules,
    next: orNull(
      Type.Object({ at: Timestamp, hibernated: Type.Boolean() }, { additionalProperties: false }),
      'When its schedules change that next; null: they do not',
    ),
  },
  { $id: 'Hibernation', additionalProperties: false },
);
export type Hibernation = Static<typeof Hibernation>;

const price = (what: string) =>
  Type.Object({ perHour: Decimal(what), perMonth: Decimal('Of 730 hours') }, { additionalProperties: false });

export const HibernationEffect = Type.Object(
  {
    hibernated,
    since: { ...Timestamp, description: 'When that, or the schedules, were last decided upon' },
    next: Hibernation.properties.next,
    stops: Type.Array(Type.String({ examples: ['2 × m1.medium'] }), {
      description: 'What is not there while it sleeps',
    }),
    stays: Type.Array(Type.String(), { description: 'What stays, and goes on to cost' }),
    price: orNull(
      Type.Object(
        {
          currency: Type.String(),
          awake: price('With the workers it has now'),
          asleep: price('Of what stays'),
        },
        { additionalProperties: false },
      ),
      'null: there is no price list',
    ),
  },
  { $id: 'HibernationEffect', additionalProperties: false },
);
export type HibernationEffect = Static<typeof HibernationEffect>;
