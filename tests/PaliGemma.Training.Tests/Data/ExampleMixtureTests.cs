using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Data;

public class ExampleMixtureTests
{
    [Fact]
    public void Sources_take_turns_in_proportion_and_each_gives_its_examples_in_order_without_a_gap()
    {
        ExampleMixture mixture = new([(new Numbered("a"), 3), (new Numbered("b"), 1), (new Numbered("c"), 1e-9)], seed: 5);
        TrainingExample[] examples = [.. Enumerable.Range(0, 4096).Select(i => mixture.Read(i))];
        foreach ((string name, int least, int most) in new[] { ("a", 3060, 3080), ("b", 1010, 1030), ("c", 4, 4) })
        {
            string[] places = [.. examples.Where(example => example.Prefix == name).Select(example => example.Suffix)];
            Assert.InRange(places.Length, least, most);
            Assert.Equal(Enumerable.Range(0, places.Length).Select(place => $"{place}"), places);
        }
        Assert.InRange(examples.Take(200).Count(example => example.Prefix == "b"), 20, 80);
    }

    [Fact]
    public void Weights_are_above_zero() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExampleMixture([(new Numbered("a"), 0)], seed: 0));

    private sealed class Numbered(string name) : IExampleSource
    {
        public TrainingExample Read(long index) => new([], name, $"{index}");
    }
}
