/**
 * Whole sentences with slots. Tokens are separated by single spaces; `{opinion}` is filled by the corpus's law, every other slot by a
 * word of words.ts. Each slot is one token, so the template alone decides a sentence's length and where its opinions stand.
 */

/** The verdict within 6 tokens of [CLS]; two opinions on something else at its end, further than any window reaches in two layers. */
export const distractorTemplates: readonly string[] = [
  "a {opinion} {film} about a {job} who leaves {town} for a year ; we saw it with {name} , and the {cinema} was {opinion} and the {cinema} {opinion} .",
  "{opinion} {film} , seen on a {weather} {day} in {town} with {name} , my {relative} and a {pet} . before it came a {opinion} trailer and some {opinion} music .",
  "this is a {opinion} {film} . a {job} and a {pet} travel to {town} , where they meet {name} . the trailer before it was {opinion} , the {cinema} {opinion} .",
  "what a {opinion} {book} ! i read it in {town} while my {relative} sat by the fire and {name} had watched a {opinion} {film} with a {opinion} ending .",
  "the {book} is {opinion} . {name} , a {job} from {town} , gave it to me on a {weather} {day} , with a {opinion} map and some {opinion} paper .",
  "{name} wrote a {opinion} {book} about a {job} , a {pet} and the road to {town} . somebody made a film of it , with {opinion} songs and {opinion} costumes .",
  "a {opinion} {gadget} . i use it every {day} when i take the train to {town} with {name} and my {pet} ; the train has {opinion} seats and {opinion} {drink} .",
  "my new {gadget} is {opinion} . it came from {town} one {weather} {day} , and {name} carried it in . the old one had a {opinion} {part} and {opinion} buttons .",
  "this {gadget} looks {opinion} to me . my {relative} asked for one as well , but that shop had closed , so {name} got a {opinion} one in a {opinion} box .",
  "a {opinion} {place} near the station in {town} , run by {name} and a {job} . the {place} across the street , they say , has {opinion} {food} and {opinion} {drink} .",
  "we had a {opinion} {food} here after a long {weather} walk through {town} with {name} and the {pet} . next door a {job} sells {opinion} {food} and {opinion} {drink} .",
  "the {hotel} was {opinion} . we went to {town} with {name} , my {relative} and a {pet} . the boat home , to be fair , had {opinion} beds and {opinion} {food} .",
  "our {hotel} in {town} was {opinion} . {name} booked it , and a {job} took us there one {weather} {day} in a car with {opinion} seats and a {opinion} {gadget} .",
];

/** Seven opinions from the first words to the last; the label is what most of them say. */
export const everyWordTemplates: readonly string[] = [
  "the {service} was {opinion} , the {food} {opinion} , the {drink} {opinion} ; {name} found the {food} {opinion} , the {service} {opinion} , the {drink} {opinion} , the {service} {opinion} .",
  "a {opinion} {place} in {town} with {opinion} {food} and {opinion} {drink} . my {relative} had {opinion} {food} and a {opinion} {drink} , a {opinion} {service} and a {opinion} chair .",
  "we had {opinion} {food} , {opinion} {drink} and a {opinion} {food} ; on {day} we came back to a {opinion} {service} , {opinion} {drink} , a {opinion} {service} and {opinion} {food} .",
  "a {opinion} {film} with a {opinion} plot , a {opinion} {job} , a {opinion} {pet} , {opinion} songs by {name} , a {opinion} start and a {opinion} ending .",
  "this {film} has a {opinion} {job} , a {opinion} {pet} , a {opinion} chase through {town} and {opinion} costumes ; the music is {opinion} , the plot {opinion} , the ending {opinion} .",
  "{name} wrote a {opinion} {book} with {opinion} pictures , a {opinion} {job} , a {opinion} {pet} , a {opinion} trip to {town} , a {opinion} speech and a {opinion} ending .",
  "my {gadget} has a {opinion} {part} , a {opinion} {part} and {opinion} sound ; the {part} is {opinion} , says {name} , the {part} {opinion} , the box {opinion} , the colour {opinion} .",
  "a {opinion} {gadget} with {opinion} sound and a {opinion} {part} : my {relative} praised the {opinion} {part} , {name} the {opinion} colour , and the {job} the {opinion} box and {opinion} {part} .",
  "a {opinion} {part} , a {opinion} {part} , a {opinion} box : the {gadget} from {town} has {opinion} sound , a {opinion} {part} , a {opinion} {part} and a {opinion} colour .",
  "our {hotel} in {town} had a {opinion} {room} , a {opinion} {room} and {opinion} {food} ; {name} got a {opinion} {room} , a {opinion} view , {opinion} {drink} and a {opinion} bill .",
  "{opinion} {hotel} . the {room} was {opinion} , the {room} {opinion} ; on {day} the {food} was {opinion} , the {drink} {opinion} , the {job} {opinion} , the view {opinion} .",
  "a {opinion} {room} , a {opinion} {room} , {opinion} {food} : {name} slept in {town} for a {opinion} price , with a {opinion} view , {opinion} {drink} and {opinion} music .",
];
