using PaliGemma.Generation;

namespace PaliGemma.Tasks;

/// <summary>How a task is run and its answer read.</summary>
public sealed record TaskOptions
{
    /// <summary>How tokens are chosen and when to stop.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>
    /// Whether answers to an <see cref="ObjectPrompt"/> are held to the grammar of objects and to the things asked for, see
    /// <see cref="ObjectConstraint"/>.
    /// </summary>
    public bool Constrain { get; init; } = true;

    /// <summary>
    /// Objects that overlap an earlier one of the same label by more than this intersection over union, 0 … 1, are left out; null keeps
    /// all.
    /// </summary>
    public float? DuplicateOverlap { get; init; }

    /// <summary>What a location token's number is divided by.</summary>
    public LocationScale Scale { get; init; }

    /// <summary>Decodes the masks of segmented objects; null leaves their codes as they are. The caller disposes it.</summary>
    public MaskDecoder? MaskDecoder { get; init; }

    /// <summary>How decoded masks are brought into their boxes.</summary>
    public MaskResize MaskResize { get; init; }
}
