using PaliGemma.Data.Shapes;

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
/// The part of questions that know nothing of the scene. While locations are still uncertain and spread, an answer that ends at once is the likeliest single token, so that
/// there should be few of them at first.
/// </param>
/// <param name="PerScene">Questions about a scene.</param>
/// <param name="FreezeImages">Whether image tower and projector stay as they are.</param>
/// <param name="Spread">Standard deviation, in locations, by which location targets are spread; 0 does not.</param>
internal sealed record StageOptions(
    int Steps,
    int BatchSize,
    double LearningRate,
    double MatrixLearningRate = 0,
    int WarmUpSteps = 60,
    SceneOptions? Scenes = null,
    SceneMixture? Tasks = null,
    double AnyShare = 0.12,
    int PerScene = 2,
    bool FreezeImages = false,
    float Spread = 0)
{
    /// <summary>Decay of Adam's mean of squared gradients: what the steps of so short runs forget in time.</summary>
    public const double Beta2 = 0.98;

    /// <summary>What scenes.</summary>
    public SceneOptions Scenes { get; } = Scenes ?? new SceneOptions();
}
