namespace PaliGemma.Tasks;

/// <summary>What a location token's number is divided by. The implementations disagree, by a thousandth of the picture at most.</summary>
public enum LocationScale
{
    /// <summary>
    /// <c>&lt;loc1023&gt;</c> is the picture's far edge: the inverse of how boxes were written for training, and big_vision's evaluator
    /// (evaluators/proj/paligemma/transfers/segmentation.py).
    /// </summary>
    Over1023,

    /// <summary><c>&lt;loc1023&gt;</c> is 1023/1024 of the picture: the demo Space, KerasHub and supervision.</summary>
    Over1024,
}
