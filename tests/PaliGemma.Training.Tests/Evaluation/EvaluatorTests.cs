using PaliGemma.Training.Data;
using PaliGemma.Training.Evaluation;
using PaliGemma.Training.Objective;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Evaluation;

public class EvaluatorTests
{
    [Fact]
    public void Loss_and_scores_are_means_over_the_examples_and_any_right_answer_counts()
    {
        using ToyRun toy = new();
        TrainingOptions options = new() { BatchSize = 4, Steps = 120, WarmUpSteps = 5, LearningRate = 1e-2, Seed = 7 };
        using (Trainer trainer = toy.Trainer(options))
        {
            Assert.Equal(120, trainer.Run(TestContext.Current.CancellationToken).Count());
        }
        TrainingExample[] examples =
        [
            toy.Examples.Read(0),
            toy.Examples.Read(1) with { Suffix = "verde", RightAnswers = ["verde", "green"] },
            toy.Examples.Read(2) with { Suffix = "azul" },
        ];
        Evaluator evaluator = new(toy.Model, toy.Tokenizer, [EvaluationMetric.ExactMatch]);
        EvaluationResult result = evaluator.Evaluate(examples, TestContext.Current.CancellationToken);
        Assert.Equal(3, result.Examples);
        Assert.Equal(2 / 3.0, result.Scores[EvaluationMetric.ExactMatch], 1e-9);
        Assert.Equal(examples.Average(example => Loss(toy, example)), result.Loss, 1e-4);
    }

    private static double Loss(ToyRun toy, TrainingExample example)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        using TrainingBatch batch = new([toy.Encoder.Encode(example)], toy.Model.Config);
        return new SuffixLoss().Compute(toy.Model.Predict(batch), batch).item<float>();
    }
}
