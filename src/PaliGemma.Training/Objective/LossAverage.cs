namespace PaliGemma.Training.Objective;

/// <summary>What the loss is the mean of.</summary>
public enum LossAverage
{
    /// <summary>Of the examples' means over their suffix tokens, as PaliGemma was trained (big_vision, trainers/proj/paligemma/train.py).</summary>
    Example,

    /// <summary>Of all suffix tokens of a batch, as Hugging Face's model computes it (modeling_paligemma.py).</summary>
    Token,
}
