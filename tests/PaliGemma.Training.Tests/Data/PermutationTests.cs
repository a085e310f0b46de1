using FsCheck;
using FsCheck.Xunit;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Data;

public class PermutationTests
{
    [Property]
    public void Every_number_below_the_count_comes_once(PositiveInt count, ulong seed)
    {
        int numbers = Math.Min(count.Get, 5000);
        Permutation order = new(numbers, seed);
        Assert.Equal(Enumerable.Range(0, numbers), Enumerable.Range(0, numbers).Select(place => order[place]).Order());
    }

    [Fact]
    public void Seeds_give_different_orders_in_which_no_number_has_a_favourite_place()
    {
        const int Count = 10, Seeds = 4000;
        int[] first = new int[Count];
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            first[new Permutation(Count, seed)[0]]++;
        }
        // Five standard deviations of a binomial.
        Assert.All(first, times => Assert.InRange(times, 400 - 95, 400 + 95));
    }
}
