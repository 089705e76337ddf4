//! The program on GitHub, as the fake one plays it: stories, trust, trouble, what is lost on the way, and what idleness costs.

mod ci;
mod idle;
mod lost;
mod reruns;
mod stories;
mod trouble;
mod trust;
