using PaliGemma.Tests;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Objective;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Objective;

public class SuffixLossTests
{
    private const double LossTolerance = 2e-5;

    public static TheoryData<string> Models => ["A", "S", "G"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Loss_and_every_gradient_of_one_example_are_the_reference_s(string name)
    {
        using GoldenRows golden = new(name);
        AssertGolden(golden, "row0", [golden.Row(0)]);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Loss_and_every_gradient_of_a_batch_are_the_reference_s(string name)
    {
        using GoldenRows golden = new(name);
        AssertGolden(golden, "left", [golden.Row(0), golden.Row(1)]);
    }

    [Fact]
    public void The_mean_of_examples_weighs_long_and_short_answers_alike()
    {
        using GoldenRows golden = new("A");
        using TrainableModel model = golden.LoadModel();
        double first = Loss(model, new SuffixLoss(), golden.Row(0));
        double second = Loss(model, new SuffixLoss(), golden.Row(1));
        Assert.NotEqual(golden.Row(0).Suffix.Count, golden.Row(1).Suffix.Count);
        Assert.Equal((first + second) / 2, Loss(model, new SuffixLoss(), golden.Row(0), golden.Row(1)), LossTolerance);
    }

    [Fact]
    public void Smoothing_gives_a_part_of_the_target_evenly_to_the_other_tokens()
    {
        float[,] logits = { { 1, 2, 3, 4 } };
        double[] logProbabilities = LogSoftmax([1, 2, 3, 4]);
        double expected = -((0.7 * logProbabilities[2]) + (0.1 * (logProbabilities[0] + logProbabilities[1] + logProbabilities[3])));
        Assert.Equal(expected, LossOfOneToken(new SuffixLoss(smoothing: 0.3f), logits, target: 2), 1e-6);
    }

    [Fact]
    public void A_spread_location_is_compared_with_a_gaussian_and_other_tokens_are_not()
    {
        SuffixLoss loss = new(smoothing: 0, spread: new LocationSpread(firstToken: 1, count: 3, deviation: 1));
        float[,] logits = { { 1, 2, 3, 4, 5 } };
        double[] logProbabilities = LogSoftmax([1, 2, 3, 4, 5]);
        double side = Math.Exp(-0.5);
        double expected = -((side * logProbabilities[1]) + logProbabilities[2] + (side * logProbabilities[3])) / (1 + (2 * side));
        Assert.Equal(expected, LossOfOneToken(loss, logits, target: 2), 1e-6);
        Assert.Equal(-logProbabilities[4], LossOfOneToken(loss, logits, target: 4), 1e-6);
    }

    private static void AssertGolden(GoldenRows golden, string batchName, TrainingSequence[] sequences)
    {
        using TrainableModel model = golden.LoadModel();
        using var scope = NewDisposeScope();
        using TrainingBatch batch = new(sequences, golden.Config);
        Tensor logits = model.Predict(batch);
        Tensor loss = new SuffixLoss(LossAverage.Token).Compute(logits, batch);
        loss.backward();
        Assert.Equal(golden.Expected.Floats($"{batchName}.loss")[0], loss.item<float>(), LossTolerance);
        foreach (Parameter parameter in model.Parameters)
        {
            float[] expected = golden.Expected.Floats($"{batchName}.grad.{parameter.Name}");
            Tensor gradient = parameter.Value.grad ?? throw new InvalidOperationException($"{parameter.Name} has no gradient.");
            double largest = expected.Max(Math.Abs);
            Tensors.AssertClose($"{batchName}.grad.{parameter.Name}", expected, gradient.data<float>().ToArray(), 1e-5 + (2e-4 * largest));
        }
    }

    private static double Loss(TrainableModel model, SuffixLoss loss, params TrainingSequence[] sequences)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        using TrainingBatch batch = new(sequences, model.Config);
        return loss.Compute(model.Predict(batch), batch).item<float>();
    }

    private static double LossOfOneToken(SuffixLoss loss, float[,] logits, int target)
    {
        using GoldenRows golden = new("A");
        using var scope = NewDisposeScope();
        using TrainingBatch batch = new([golden.Row(0) with { Suffix = [target] }], golden.Config);
        return loss.Compute(tensor(logits), batch).item<float>();
    }

    private static double[] LogSoftmax(double[] values)
    {
        double normaliser = Math.Log(values.Sum(Math.Exp));
        return [.. values.Select(value => value - normaliser)];
    }
}
