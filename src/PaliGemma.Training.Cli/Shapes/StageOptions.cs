using PaliGemma.Data.Shapes;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>One stage of the small model's training.</summary>
internal sealed record StageOptions
{
    /// <summary>Decay of Adam's mean of squared gradients: what the steps of so short runs forget in time.</summary>
    public const double Beta2 = 0.98;

    /// <summary>Steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Pictures, masks or examples of a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The highest rate of Adam.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The highest rate of the matrices between hidden states, see <see cref="TrainingOptions.MatrixLearningRate"/>.</summary>
    public double MatrixLearningRate { get; init; }

    /// <summary>Steps of the linear rise; a cosine follows.</summary>
    public int WarmUpSteps { get; init; } = 60;

    /// <summary>What scenes.</summary>
    public SceneOptions Scenes { get; init; } = new();

    /// <summary>How often each task is asked; none where no answers are learnt.</summary>
    public SceneMixture? Tasks { get; init; }

    /// <summary>Questions about a scene.</summary>
    public int PerScene { get; init; } = 2;

    /// <summary>Whether image tower and projector stay as they are.</summary>
    public bool FreezeImages { get; init; }

    /// <summary>Standard deviation, in locations, by which location targets are spread; 0 does not.</summary>
    public float Spread { get; init; } = 8;
}
