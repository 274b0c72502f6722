/** The words of the demonstration grammar. All of them were chosen for this project; none comes from a data set. */

/** Two opinions, by class index: 0 negative, 1 positive. Both lists occur in training in full: a model from scratch cannot know unseen ones. */
export const opinions: readonly [readonly string[], readonly string[]] = [
  words(`bad poor dreadful terrible horrible dismal lousy rotten nasty grim ghastly shoddy miserable woeful hopeless pathetic`),
  words(`good great fine lovely superb splendid wonderful brilliant perfect delightful charming marvellous fantastic terrific
    glorious fabulous`),
];

/** A slot of the templates. Neither list says anything about the label. */
export interface Slot {
  /** Used by the training and the selection split. */
  readonly seen: readonly string[];
  /** Used by the reported split only. */
  readonly heldOut: readonly string[];
}

/** Single words, so that a template alone decides every position; all start with a consonant, so that "a" always fits. */
export const slots: Readonly<Record<string, Slot>> = {
  name: slot("bruno clara david felix greta hugo marta nadia", "jonas karla leo sofia"),
  town: slot("lisbon vienna dublin geneva krakow bergen porto ghent", "turin malmo basel riga"),
  job: slot("baker sailor teacher painter pilot farmer doctor gardener", "plumber violinist beekeeper librarian"),
  pet: slot("dog cat goat parrot donkey rabbit tortoise pony", "hamster goose ferret hedgehog"),
  relative: slot("sister brother cousin mother father neighbour husband wife", "nephew niece grandmother colleague"),
  weather: slot("rainy windy foggy snowy chilly cloudy sunny warm", "misty frosty humid stormy"),
  day: slot("monday tuesday wednesday thursday friday", "saturday sunday"),
  film: slot("mystery comedy thriller western musical sequel drama cartoon", "documentary remake satire romance"),
  book: slot("novel diary biography cookbook memoir poem", "ballad travelogue guidebook"),
  cinema: slot("stairway lighting heating carpet curtain foyer seat projection", "staircase ticket poster balcony"),
  place: slot("cafe bakery bistro tavern restaurant diner pub canteen", "teahouse pizzeria trattoria brasserie"),
  food: slot("soup bread salad pasta pudding curry pizza cheese", "stew risotto cake lasagne"),
  drink: slot("coffee tea lemonade cocoa cider wine", "juice beer cordial"),
  service: slot("waiter table buffet menu counter terrace", "barista tablecloth garden"),
  gadget: slot("phone camera laptop radio printer watch speaker kettle", "tablet keyboard projector toaster"),
  part: slot("screen battery manual charger cable button case microphone", "hinge lid strap socket"),
  hotel: slot("hotel hostel guesthouse cabin lodge villa", "motel cottage palace"),
  room: slot("bed shower pillow window lamp mirror wardrobe mattress", "bathtub blanket sofa desk"),
};

function slot(seen: string, heldOut: string): Slot {
  return { seen: words(seen), heldOut: words(heldOut) };
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
