//! Only tests here.
