using System.Text.Json.Serialization;
using PaliGemma.Data.Shapes;
using PaliGemma.Training.Objective;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>One stage of the small model's training.</summary>
/// <param name="Steps">Steps.</param>
/// <param name="BatchSize">Pictures, masks or examples of a step.</param>
/// <param name="LearningRate">The highest rate of Adam.</param>
/// <param name="MatrixLearningRate">
/// The highest rate of the matrices between hidden states, see <see cref="TrainingOptions.MatrixLearningRate"/>.
/// </param>
/// <param name="WarmUpSteps">Steps of the linear rise; a cosine follows.</param>
/// <param name="Scenes">What scenes; all kinds if not given.</param>
/// <param name="Tasks">How often each task is asked; none where no answers are learnt.</param>
/// <param name="AnyShare">
/// The part of questions that know nothing of the scene. While locations are still uncertain and spread, an answer that ends at once is the
/// likeliest single token, so that there should be few of them at first.
/// </param>
/// <param name="SecondShare">The part of questions about places that look for two things.</param>
/// <param name="HardShare">The part of questions about places that are hard ones, see <see cref="SceneExaminer.HardShare"/>.</param>
/// <param name="OrderNoise">See <see cref="SceneExaminer.OrderNoise"/>.</param>
/// <param name="PerScene">Questions about a scene.</param>
/// <param name="FreezeImages">Whether image tower and projector stay as they are.</param>
/// <param name="Spread">Standard deviation, in locations, by which location targets are spread; 0 does not.</param>
/// <param name="AnswerPartWeight">How much it counts to know, of each patch, which part of the answer is about it.</param>
/// <param name="TowerLayers">Layers that the image tower has from this stage on, see <see cref="LayerGrowth"/>; 0 leaves them as they are.</param>
/// <param name="DecoderLayers">Likewise, of the decoder.</param>
/// <param name="EndAfter">Steps after which the next stage begins although the schedule goes on to <paramref name="Steps"/>; 0 is its end.</param>
/// <param name="Average">
/// What the loss is the mean of. Tokens count alike at first, so that locations are learnt; later examples, since answers with masks have
/// fifty times the tokens of a count.
/// </param>
internal sealed record StageOptions(
    int Steps,
    int BatchSize,
    double LearningRate,
    double MatrixLearningRate = 0,
    int WarmUpSteps = 60,
    SceneOptions? Scenes = null,
    SceneMixture? Tasks = null,
    double AnyShare = 0.12,
    double SecondShare = 0.35,
    double HardShare = 0,
    double OrderNoise = 0,
    int PerScene = 2,
    bool FreezeImages = false,
    float Spread = 0,
    double AnswerPartWeight = 0,
    int TowerLayers = 0,
    int DecoderLayers = 0,
    int EndAfter = 0,
    LossAverage Average = LossAverage.Token)
{
    /// <summary>Decay of Adam's mean of squared gradients: what the steps of so short runs forget in time.</summary>
    public const double Beta2 = 0.98;

    /// <summary>What scenes.</summary>
    public SceneOptions Scenes { get; } = Scenes ?? new SceneOptions();

    /// <summary>Steps that are done.</summary>
    [JsonIgnore]
    public int StepsToDo => EndAfter > 0 ? EndAfter : Steps;

    /// <summary>What is wrong, as the end of a sentence; null if nothing is.</summary>
    /// <param name="name">What the stage is called in it.</param>
    public string? Fault(string name)
    {
        (string Field, bool IsRight, string Expected)[] checks =
        [
            ("steps", Steps > 0, "a number above 0"),
            ("batchSize", BatchSize is > 0 and <= 1 << 16, "1 to 65536"),
            ("learningRate", LearningRate is > 0 and < 1, "a number between 0 and 1"),
            ("matrixLearningRate", MatrixLearningRate is >= 0 and < 1, "a number from 0 to 1"),
            ("warmUpSteps", WarmUpSteps >= 0, "at least 0"),
            ("scenes.fewestShapes", Scenes.FewestShapes > 0 && Scenes.FewestShapes <= Scenes.MostShapes, "1 to mostShapes"),
            ("scenes.mostShapes", Scenes.MostShapes is > 0 and <= 6, "1 to 6"),
            ("scenes.smallestSide", Scenes.SmallestSide >= 32 && Scenes.SmallestSide <= Scenes.LargestSide, "32 to largestSide"),
            ("scenes.largestSide", Scenes.LargestSide is >= 32 and <= 2048, "32 to 2048"),
            ("scenes.wordShare", Scenes.WordShare is >= 0 and <= 1, "0 to 1"),
            ("tasks", Tasks is null || Tasks.IsPossible, "shares of at least 0, and captions among them"),
            ("anyShare", AnyShare is >= 0 and <= 1, "0 to 1"),
            ("secondShare", SecondShare is >= 0 and <= 1, "0 to 1"),
            ("hardShare", HardShare is >= 0 and <= 1, "0 to 1"),
            ("orderNoise", OrderNoise is >= 0 and <= 1, "0 to 1"),
            ("perScene", PerScene is > 0 and <= 1000, "1 to 1000"),
            ("spread", Spread is >= 0 and < 1000, "0 to 1000"),
            ("towerLayers", TowerLayers is >= 0 and <= 100, "0 to 100"),
            ("decoderLayers", DecoderLayers is >= 0 and <= 100, "0 to 100"),
            ("endAfter", EndAfter >= 0 && EndAfter <= Steps, "0 to steps"),
            ("answerPartWeight", AnswerPartWeight is >= 0 and < 1000, "0 to 1000"),
        ];
        (string field, _, string expected) = checks.FirstOrDefault(check => !check.IsRight);
        return field is null ? null : $"{name}.{field} is out of its range; expected {expected}";
    }
}
