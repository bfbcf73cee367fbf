"""Texts of our own that show which numbers flow through a network: they set the grids of 8-bit products, and test them."""

CALIBRATION = (
    "",
    "ok",
    "Great value, would buy again!",
    "The battery died after two days and nobody answers my emails.",
    "How do I reset the password of my account?",
    "why was my card charged twice at the petrol station",
    "What is the capital of Australia?",
    "Who wrote the first book about the sea route to India, and in which year was it printed?",
    "I can't believe it... they cancelled the show AGAIN 😡😡 #disappointed",
    "so happy today!!! my sister had a baby girl 💕 @home #blessed",
    "Shares of the airline fell by 4.7% on Tuesday after it warned of lower profits in the third quarter.",
    "The committee will meet on 3 March 2021 at 14:30 in room B-204.",
    "A slow, beautifully photographed film whose last half hour almost makes up for the first two.",
    "neither funny nor frightening , just long",
    "Patient reports mild headache and nausea since yesterday; no fever, blood pressure 128/84.",
    "The court held that the contract was void because neither party had signed the second annex.",
    "def mean(xs): return sum(xs) / len(xs)  # fails for an empty list",
    "ERROR 500: connection to 10.0.0.12:5432 timed out after 30000 ms",
    "https://example.org/catalogue?item=88213&colour=dark%20green",
    "Preheat the oven to 180 °C, fold in the egg whites and bake for 25 minutes.",
    "The goalkeeper saved two penalties, yet the home team lost 3:1 in front of 45,000 people.",
    "Photosynthesis turns carbon dioxide and water into sugar and oxygen with the energy of light.",
    "Delivery was late, the box was damaged, but the seller refunded me within an hour, so four stars.",
    "Where can I see the exchange rate that you used for my transfer to Poland?",
    "I would like to cancel the standing order to my landlord, please.",
    "THIS IS THE WORST HOTEL I HAVE EVER STAYED IN",
    "It's fine, I guess. Nothing special.",
    "Die Lieferung kam pünktlich, aber die Hälfte der Teile fehlte.",
    "Le service était excellent et la vue sur le port magnifique.",
    "No funciona con la versión nueva del sistema; quiero que me devuelvan el dinero.",
    "Il treno per Firenze parte alle otto dal binario sette.",
    "Доставка заняла три недели, но качество отличное.",
    "这个产品的质量比我想象的要好得多。",
    "電池の持ちが悪いので返品しました。",
    "الخدمة سريعة والموظفون ودودون",
    "1 2 3 4 5 6 7 8 9 10",
    "?!?!?!",
    "asdf qwer zxcv lkjh",
    "The new phone is thin, light and fast. The screen is bright enough for the beach. The camera, however, smears every face "
    "it sees after sunset, the speaker rattles, and the charger gets so hot that I would not leave it alone in the house.",
    "Dear customer service, on the 14th of last month I ordered a pair of walking boots in size 43 and received sandals in "
    "size 38. I sent them back the same day at my own cost. Since then I have written three times and telephoned twice. Each "
    "time somebody promised that the boots were on their way. They are not. Please send them, or give me my money back, and "
    "tell me which of the two I may expect. I have been a customer for eleven years and would like to remain one.",
    "The study followed 1,204 adults over eight years. Those who walked for at least half an hour a day had a lower risk of "
    "heart disease, even after age, income and smoking were taken into account. The authors caution that people who walk may "
    "differ from those who do not in ways that nobody measured, and that the effect in women was not significant.",
    "Breaking: the river has risen by two metres overnight, schools stay closed, and residents of the lower town are asked to "
    "move to the sports hall. Blankets, food and medicine are there. Do not drive through flooded streets!",
)
"""Short and long, of many kinds and some languages, so that hardly a number lies outside of what they bring about."""

PROBE = (
    "My parcel says delivered but there is nothing here.",
    "Which planet has the most moons?",
    "an uneven thriller saved by its two leads",
    "i feel so lonely since everyone moved away :(",
    "The bank raised its key interest rate by a quarter of a point.",
    "Can I top up with cash?",
    "Absolutely love this kettle, boils in a minute and looks lovely.",
    "Das Hotel war sauber, nur das Frühstück enttäuschte.",
    "The engine stalls whenever the temperature falls below minus ten degrees, and the garage found nothing.",
    "Scientists found water ice in craters that no sunlight has reached for a billion years.",
    "What does the abbreviation of the world health organisation stand for?",
    "Terrible. Just terrible.",
    "She scored twice in the final minutes and was carried off the pitch by her team.",
    "Why is the verification of my identity taking so long, I sent the photo of my passport a week ago and heard nothing.",
    "The soup was cold, the waiter was rude, the music too loud; the dessert alone was worth the evening.",
    "Order 66-1043 (blue, 2 pieces) shipped 12/05.",
)
"""Others, to see what the grids are worth."""
