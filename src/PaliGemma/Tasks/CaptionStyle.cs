namespace PaliGemma.Tasks;

/// <summary>Which kind of caption is asked for.</summary>
public enum CaptionStyle
{
    /// <summary>A short sentence, as in COCO: <c>caption</c>. The one that mix and fine-tuned checkpoints know.</summary>
    Caption,

    /// <summary>As noisy as captions on web pages: <c>cap</c>. Pre-trained checkpoints only.</summary>
    Cap,

    /// <summary>Longer and more detailed: <c>describe</c>. Pre-trained checkpoints only.</summary>
    Describe,
}
